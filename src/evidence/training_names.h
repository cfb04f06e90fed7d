// training_names.h — what the names in files of published training measurements stand for: models,
// frameworks, precisions, sharding, recomputation, FLOP conventions. All of it is data
// (data/names/training.yaml), rules in order; the code knows only the conditions of RowRule.
// Accelerators are those of names.h. Plain values, immutable after loading.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "evidence/training_measurement.h"
#include "model/training_job.h"

namespace assay::evidence {

// A decoder of equal layers that the library does not have. Columns of a row win; 0: a row has to
// state it, where nothing follows from the others.
struct DecoderShape {
  int layers{}, hidden{}, heads{}, kv_heads{}, head_dim{}, ffn{}, vocabulary{};
  int window{}, window_layers{};  // tokens seen, and how many of the layers see no more
  bool gated{};                   // three matrices in the feed-forward part
  bool learned_positions{};       // a table of as many rows as the sequence has tokens
  bool tied{};                    // input and output share a table
  bool bias{};                    // in every matrix; LayerNorm instead of RMSNorm
};

struct TrainingModelName {
  std::string name;   // of the file; "bloom-*" stands for all that begin so
  std::string model;  // name in the library; empty: `shape`
  DecoderShape shape;
  std::string source, assumed, refuse;
};

// A machine that no system of the catalog describes.
struct LinkOverride {
  std::string accelerator;               // name as in the file
  std::string system;                    // whose link it has; empty: its own
  bool slices{};                         // TPUs: all of a slice share the link
  std::optional<BytesPerSecond> beyond;  // between systems or slices, one way, per accelerator
  std::string assumed;
};

// Conditions on a row, each of which must hold where it is given. `model` and `name` may end in
// '*'; the others are contained in the cell, whatever the case.
struct RowRule {
  std::string source, framework, model, word, since, before, vendor, family, convention;
  std::optional<std::string> name;  // of the cell that the rule reads; empty: a blank one
  bool mlperf{};
};

struct FrameworkRule {
  RowRule when;
  std::string stack;
  std::optional<model::Sharding> sharding;  // where the row does not say
  bool sequence_parallel{};                 // with tensor parallelism
  bool mtp{};                               // trains the multi-token prediction that a model has
  int lora_rank{};                          // where it trains adapters
};

struct PrecisionRule {
  RowRule when;
  model::TrainingFormat format{};
  std::string assumed;
};

// What a printed FLOP/s counts.
enum class FlopCount : unsigned char {
  kCausal,      // 6 a multiplied weight, causal half of attention
  kFull,        // 6 a multiplied weight, all of attention
  kHardware,    // as kFull, and full recomputation: 8 a weight
  kHardwareIf,  // kHardware where the row recomputes everything, else kFull
  kParameters   // 6 a parameter, tables included, and all of attention
};

struct ConventionRule {
  RowRule when;
  FlopCount count{};
  std::string assumed;
};

struct SharingName {
  std::string name;  // the cell; "fsdp*", "zero1=*": a number may follow, of ranks that share
  model::Sharding sharding{};
  bool one_system{};  // ranks of one system share, systems repeat
};

struct RecomputeName {
  std::string name;
  model::Recompute recompute{};
  double share{1};  // of a layer's work that is done again, with Recompute::kFull
  std::string assumed;
};

// What rows leave out, from the run's published configuration or as a guess.
struct RunDefault {
  RowRule when;
  int accelerators{}, sequence{}, batch{}, local_batch{}, micro_batch{}, virtual_stages{};
  int tensor{}, pipeline{}, context{}, expert{};
  std::optional<model::Recompute> recompute;
  std::optional<model::Schedule> schedule;
  bool suspect{};  // the source calls what it measured a regression
  std::string assumed;
};

// Tokens that a benchmark takes to its target, with a batch: those of its submissions.
struct Convergence {
  std::string model, task;
  int batch{};  // sequences
  double tokens{};
};

struct TrainingNames {
  std::vector<TrainingModelName> models;
  std::vector<LinkOverride> links;
  std::vector<FrameworkRule> frameworks;
  std::vector<PrecisionRule> precisions;
  std::vector<ConventionRule> conventions;
  std::vector<SharingName> sharing;
  std::vector<RecomputeName> recompute;
  std::vector<RunDefault> defaults;
  std::vector<Convergence> convergence;

  // The first that fits; null: none does. A model may then be a name of the library.
  const TrainingModelName* model(std::string_view name) const;
  const LinkOverride* link(std::string_view accelerator) const;
  const RecomputeName* recomputed(std::string_view cell) const;
};

// Of a benchmark's run, between and beyond the batches that are known linear in the batch and held;
// 0: of that model and task nothing is known.
double tokens_to_target(const TrainingNames& names, std::string_view model, std::string_view task,
                        int batch);

// What rules may ask of a row and of its accelerator.
struct RowFacts {
  const TrainingMeasurement& row;
  std::string_view vendor, family;
};
bool fits(const RowRule& rule, const RowFacts& facts, std::string_view cell);

const FrameworkRule* framework_of(const TrainingNames& names, const RowFacts& facts);
const PrecisionRule* precision_of(const TrainingNames& names, const RowFacts& facts);
const ConventionRule* convention_of(const TrainingNames& names, const RowFacts& facts);
// All that fit; the first that fills a field wins.
std::vector<const RunDefault*> defaults_of(const TrainingNames& names, const RowFacts& facts);

// The sharding of a cell such as "fsdp64" or "zero1=8".
struct SharedRanks {
  model::Sharding sharding{};
  int ranks{};  // that share; 0: all
  bool one_system{};
};
std::optional<SharedRanks> shared_ranks(const TrainingNames& names, std::string_view cell);

// The built-in table.
Checked<TrainingNames> load_training_names();

// A table of the same shape; `file` names it in messages.
Checked<TrainingNames> read_training_names(const std::string& file, std::string_view text);

}  // namespace assay::evidence
