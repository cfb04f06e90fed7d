// resolve.h — a published measurement → what the models need to predict it: the model, the
// hardware, formats, engine and, as far as the row says it, the layout. Names: names.h. What MLPerf
// rows leave out: mlperf.h.
// The Resolver reads each model and machine once and keeps it; one thread at a time. What it hands
// out is immutable and may be read by several.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/language_model.h"
#include "catalog/model_library.h"
#include "evidence/measurement.h"
#include "evidence/mlperf.h"
#include "evidence/names.h"
#include "evidence/precision.h"
#include "evidence/prediction.h"
#include "model/deployment.h"
#include "model/hardware.h"

namespace assay::evidence {

// Equal replicas. Less than one: the row counts a part of a deployment, such as one node of it.
struct Pool {
  double replicas{1};
  model::Deployment deployment;
};

struct ResolvedMeasurement {
  std::shared_ptr<const catalog::LanguageModel> model;
  std::shared_ptr<const model::Hardware> hardware;
  int accelerators{};
  std::string engine;  // generation, an engine of data/efficiency.yaml
  Formats formats;
  std::optional<Pool> layout;           // empty: not stated, or disaggregated
  std::optional<Pool> prefill, decode;  // disaggregated
  std::optional<double> input_tokens, output_tokens;
  bool benchmark_lengths{};     // one of the two is the benchmark's mean, not the row's
  double length_spread{};       // lengths are uniform within mean·(1 ± spread)
  double requests_per_place{};  // of a closed loop; 0: not known
  int beams{1};
  std::optional<LatencyLimits> limits;  // of the benchmark's scenario
  std::optional<Watts> power_limit;     // of one accelerator
  std::string assumed;                  // what the accelerator's name leaves open; often empty
};

struct Refused {
  Refusal kind{};
  std::string why;
};

class Resolver {
 public:
  // The catalog must outlive it.
  static Checked<Resolver> create(const catalog::Catalog& catalog);

  tl::expected<ResolvedMeasurement, Refused> resolve(const Measurement& measurement);

 private:
  struct Machine {
    std::shared_ptr<const model::Hardware> hardware;
    std::string vendor;
    std::optional<Watts> power_limit;
    std::string assumed;
  };

  Resolver(const catalog::Catalog& catalog, NameTable names, std::vector<Benchmark> benchmarks,
           std::vector<catalog::ModelEntry> entries);
  tl::expected<Machine, Refused> machine(const std::string& name);
  tl::expected<const catalog::ModelEntry*, Refused> entry(const Measurement& measurement,
                                                          const std::string& vendor) const;
  tl::expected<std::shared_ptr<const catalog::LanguageModel>, Refused> load(
      const catalog::ModelEntry& entry);
  void fill_benchmark(const Measurement& measurement, const std::string& short_id,
                      ResolvedMeasurement& resolved) const;

  const catalog::Catalog* catalog_;
  NameTable names_;
  std::vector<Benchmark> benchmarks_;
  std::vector<catalog::ModelEntry> entries_;
  std::map<std::string, std::size_t> entry_of_;  // by each name, lower case
  std::map<std::string, std::shared_ptr<const catalog::LanguageModel>> models_;  // by short id
  std::map<std::string, tl::expected<Machine, Refused>> machines_;               // by name in files
};

}  // namespace assay::evidence
