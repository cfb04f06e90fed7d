// training_resolve.h — a published training measurement → what the models need to predict it: the
// model, the hardware, the job and, as far as the row says it, the layout. Names:
// training_names.h. What a row leaves open is filled in with what its framework does, and listed
// in `assumed`.
// The resolver reads each model and machine once and keeps it; one thread at a time. What it hands
// out is immutable and may be read by several.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "catalog/catalog.h"
#include "catalog/language_model.h"
#include "catalog/model_library.h"
#include "evidence/names.h"
#include "evidence/resolve.h"
#include "evidence/training_measurement.h"
#include "evidence/training_names.h"
#include "model/hardware.h"
#include "model/training_job.h"

namespace assay::evidence {

struct ResolvedTraining {
  std::shared_ptr<const catalog::LanguageModel> model;
  std::shared_ptr<const model::Hardware> hardware;  // with the row's own network, where it says
  model::TrainingJob job;  // batch 0: neither stated nor to be derived; a search chooses it
  int accelerators{};
  std::optional<model::TrainingLayout> layout;  // empty: tensor or pipeline is not stated
  // What a layout that is searched for has to keep: 0 or unset where the row is silent.
  int tensor{}, pipeline{}, context{}, expert{}, data{}, virtual_stages{}, micro_batch{};
  int accumulation{};  // micro-batches of one rank and step
  std::optional<model::Sharding> sharding;
  std::optional<model::Recompute> recompute;
  bool micro_batch_stated{};
  bool suspect{};            // the collector or the source doubts the figure
  int mtp_layers{};          // multi-token prediction that is trained as well, beside `model`
  std::string stack;         // of data/training.yaml
  std::string model_class;   // "dense", "moe", "hybrid"
  std::string assumed;       // what the row leaves open and how it is read; often not empty
  double flops_per_token{};  // as the row counts; 0 where its metric needs none
  FlopsPerSecond peak;       // that its utilization divides by
  double run_tokens{};       // of the whole run, where its metric counts one; else 0
};

class TrainingResolver {
 public:
  // The catalog must outlive it.
  static Checked<TrainingResolver> create(const catalog::Catalog& catalog);

  tl::expected<ResolvedTraining, Refused> resolve(const TrainingMeasurement& measurement);

 private:
  struct Machine {
    std::shared_ptr<const model::Hardware> hardware;
    std::string vendor, assumed;
    bool slices{};          // as many accelerators share the link as a slice has
    std::string of_slices;  // assumed of the network between them
  };
  struct Shape {
    std::shared_ptr<const catalog::LanguageModel> model;
    std::string assumed;
  };

  TrainingResolver(const catalog::Catalog& catalog, NameTable names, TrainingNames training,
                   std::vector<catalog::ModelEntry> entries);
  tl::expected<ResolvedTraining, Refused> resolve_on(const Machine& machine,
                                                     const TrainingMeasurement& measurement);
  tl::expected<Machine, Refused> machine(const std::string& name);
  tl::expected<Machine, Refused> read_machine(const std::string& name) const;
  tl::expected<Shape, Refused> shape(const TrainingMeasurement& measurement);
  tl::expected<Shape, Refused> library_model(const std::string& name, const StatedShape& stated);
  // The row's own network, and the slices of TPUs.
  std::shared_ptr<const model::Hardware> placed(const Machine& machine,
                                                const TrainingMeasurement& measurement,
                                                int accelerators) const;

  const catalog::Catalog* catalog_;
  NameTable names_;
  TrainingNames training_;
  std::vector<catalog::ModelEntry> entries_;
  std::map<std::string, std::size_t> entry_of_;  // by each name, lower case
  std::map<std::string, std::shared_ptr<const catalog::LanguageModel>> models_;  // by short id
  std::map<std::string, tl::expected<Machine, Refused>> machines_;               // by name in files
};

// Seconds of one step → the measured metric, and back. Needs the batch of `job`; empty for metrics
// that count a whole run.
std::optional<double> in_metric(TrainingMetric metric, const ResolvedTraining& resolved,
                                Seconds step);
std::optional<Seconds> measured_step(const TrainingMeasurement& measurement,
                                     const ResolvedTraining& resolved);

}  // namespace assay::evidence
