// power_curve.h — what a board draws as a share of its limit, by family of accelerators, and what
// its server draws besides.
// Constants are data (data/power.yaml, fitted by tools/fit_power.py), each with origin and
// confidence. Shares are bare doubles; a family that was not measured takes the entry "unknown",
// which is assumed and wide. Equation: model/power.h. Plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "catalog/fact.h"

namespace assay::catalog {

// Shares of the board's limit.
struct PowerCurve {
  std::string family;
  double idle{};        // no request at all, the model loaded
  double overhead{};    // an iteration runs, whatever it does: launches, host work, collectives
  double compute{};     // added at the dense peak of the format in use
  double memory{};      // added at the full memory bandwidth
  double half_width{};  // 90 % of |log(measured/predicted)|
  Confidence confidence{};
  std::string origin;  // how it was obtained; shown by explain
  bool measured() const { return confidence == Confidence::kMeasured; }
};

// Processors, memory, network, fans and losses of a server under load.
struct HostPower {
  double share{};  // of what the server is rated for beyond the limits of its boards
  double half_width{};
  Confidence confidence{};
  std::string origin;
};

struct PowerTable {
  HostPower host;
  std::vector<PowerCurve> families;

  const PowerCurve& family(std::string_view name) const;  // falls back to the entry "unknown"
};

// The built-in data/power.yaml.
Checked<PowerTable> load_power();

// A file of the same shape; `file` names it in messages.
Checked<PowerTable> read_power(const std::string& file, std::string_view text);

}  // namespace assay::catalog
