// simulation_requests.h — the requests of a simulated fleet: one traffic, or those of several
// models merged in the order of their arrival. Deterministic. A MixedTraffic is used by one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "plan/simulation.h"
#include "plan/simulation_answer.h"
#include "workload/open_traffic.h"

namespace assay::plan {

class MixedTraffic {
 public:
  MixedTraffic(const std::vector<workload::Traffic>& parts,
               std::vector<std::optional<std::int32_t>> models);

  bool next(workload::TrafficRequest& request);
  MixedTraffic again() const;
  // All parts by the same factor, so that their mean rates add up to this one.
  MixedTraffic at_rate(double rate) const;
  bool may_have_rate() const;
  std::optional<double> mean_rate() const;       // nothing: a part comes all at once
  std::optional<std::int64_t> requests() const;  // nothing: not known without drawing them
  std::optional<Error> failure() const;          // of a file that broke off
  const std::vector<workload::Traffic>& parts() const { return parts_; }

 private:
  struct Head {
    workload::TrafficRequest request;
    bool there{};
  };
  void advance(std::size_t part);

  std::vector<workload::Traffic> parts_;
  std::vector<std::optional<std::int32_t>> models_;
  std::vector<Head> heads_;
  bool begun_{};
};

Checked<MixedTraffic> open_mixed_traffic(const Simulation& simulation);

// Descriptions, reports, and the lengths of the first requests.
AskedTraffic look_at(const MixedTraffic& traffic, const Simulation& simulation);

}  // namespace assay::plan
