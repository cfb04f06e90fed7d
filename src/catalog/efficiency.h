// efficiency.h — the share of a data sheet's peaks that software reaches, by accelerator family,
// link and engine. Constants are data (data/efficiency.yaml), each with origin and confidence; a
// family without measurement takes the widest interval and says so. Few constants, each with a
// physical meaning; none per row, model or source.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "catalog/fact.h"

namespace assay::catalog {

// What joins accelerators, as far as a collective sees a difference.
enum class LinkKind : unsigned char { kNone, kNvlink, kXgmi, kHccs, kPcie, kOther };
std::string_view name(LinkKind kind);  // "nvlink", "pcie", …, as in data/efficiency.yaml

struct FamilyEfficiency {
  std::string family;
  double compute{};  // share of the dense matrix peak that large GEMMs reach end to end
  double memory{};   // share of the memory bandwidth that weight streaming reaches
  Confidence confidence{};
  std::string origin;  // how it was obtained; shown by explain
  bool measured() const { return confidence == Confidence::kMeasured; }
};

struct LinkEfficiency {
  LinkKind kind{};
  Seconds latency;     // of one all-reduce among a domain
  double bandwidth{};  // share of the one-way bandwidth
  Confidence confidence{};
  std::string origin;
};

struct EngineOverhead {
  std::string engine;      // "vllm"
  std::string since;       // engine generation, "0.11"
  Seconds per_layer;       // launches, norms, scheduling gaps, per decoder layer
  Seconds per_step;        // host work per iteration
  double memory_share{};   // gpu_memory_utilization
  Bytes reserve;           // contexts, graphs, workspaces
  double tokens_max{};     // of one iteration: longer prompts are cut; activations are sized for it
  double sequences_max{};  // that one replica runs at once
  Confidence confidence{};
  std::string origin;
};

// Half-width of the 90 % interval on |log(measured/predicted)|, by regime.
struct IntervalWidth {
  std::string regime;  // "tpot dense", "ttft moe", …
  double half_width{};
  int groups{};  // (source, accelerator, model) groups behind it
  std::string origin;
};

struct EfficiencyTable {
  std::vector<FamilyEfficiency> families;
  std::vector<LinkEfficiency> links;
  std::vector<EngineOverhead> engines;
  std::vector<IntervalWidth> intervals;
  // Constants shared by all: see data/efficiency.yaml and docs/models.md for meaning and origin.
  double attention_compute{}, attention_memory{}, moe_memory{}, gemm_half_tokens{}, roofline_norm{};
  double fp8_compute{},
      fp4_compute{};          // share of the 8- and 4-bit peaks, relative to the family's `compute`
  double prefill_overhead{};  // per-layer overhead of a prefill, relative to a decode iteration
  Seconds moe_per_layer;
  double power_idle{}, power_busy{};  // shares of the board power; docs/models.md, "Serving"

  const FamilyEfficiency& family(std::string_view name) const;  // falls back to the entry "unknown"
  const LinkEfficiency& link(LinkKind kind) const;              // falls back to LinkKind::kOther
  const EngineOverhead& engine(std::string_view name) const;    // falls back to the entry "unknown"
  bool knows_engine(std::string_view name) const;
  // Half-width of `metric` ("tpot", "ttft", "throughput", "power") for dense or moe models. A
  // family that was not measured takes the wider entry "… unmeasured".
  const IntervalWidth& interval(std::string_view metric, bool moe, bool measured) const;
};

// "tpot dense", "ttft moe unmeasured", …: the name of a regime in data/efficiency.yaml.
std::string interval_regime(std::string_view metric, bool moe, bool measured);

// The built-in data/efficiency.yaml.
Checked<EfficiencyTable> load_efficiency();

// A file of the same shape; `file` names it in messages.
Checked<EfficiencyTable> read_efficiency(const std::string& file, std::string_view text);

}  // namespace assay::catalog
