#include "plan/training_scenario.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/nearest.h"
#include "base/text.h"
#include "plan/field_values.h"
#include "plan/scenario_fields.h"

namespace assay::plan {

namespace {

using document::Node;
using model::TrainingFormat;

// What is bound, from where, and where its errors go.
struct Binding {
  const FieldValues& values;
  const document::Document& document;
  Errors& errors;

  void fail(std::string_view path, std::string what, std::string expected,
            std::vector<std::string> near = {}) const {
    const Node* node = values.at(path);
    errors.push_back(
        {.what = std::move(what),
         .expected = std::move(expected),
         .near = std::move(near),
         .where = node != nullptr ? document.where(node->mark) : Where{document.file, 0, 0}});
  }
};

void bind_formats(const Binding& from, TrainingScenario& scenario) {
  const std::vector<std::string> words = texts_or(from.values, "training.formats", {"bf16"});
  for (const TrainingFormat format :
       {TrainingFormat::kSixteen, TrainingFormat::kFp8, TrainingFormat::kFp8Row,
        TrainingFormat::kFp8Block, TrainingFormat::kMxfp8, TrainingFormat::kNvfp4}) {
    const bool asked = std::find(words.begin(), words.end(), model::name(format)) != words.end();
    if (asked) scenario.formats.push_back(format);
  }
}

// 'batch', or 'batch_tokens' as whole sequences.
int batch_of(const Binding& from, int sequence) {
  const auto tokens = from.values.number_at("training.batch_tokens");
  if (!tokens) return static_cast<int>(from.values.number_or("training.batch", 1024));
  if (from.values.at("training.batch") != nullptr) {
    from.fail("training.batch_tokens", "the batch is said twice",
              "either 'batch' or 'batch_tokens'");
  }
  const double sequences = *tokens / sequence;
  if (sequences >= 1 && sequences <= 1e7 && sequences == std::floor(sequences)) {
    return static_cast<int>(sequences);
  }
  const double power = std::exp2(std::round(std::log2(std::clamp(sequences, 1.0, 8e6))));
  from.fail("training.batch_tokens",
            fmt::format("{} tokens are no whole number of sequences of {}", grouped_text(*tokens),
                        grouped_text(sequence)),
            fmt::format("a multiple of {}, such as {:.0f}", sequence, power * sequence));
  return 1;
}

void bind_stack(const Binding& from, const catalog::TrainingTable& table,
                TrainingScenario& scenario) {
  scenario.job.stack = from.values.text_or("training.stack", "megatron");
  if (table.knows_stack(scenario.job.stack)) return;
  std::vector<std::string> known;
  for (const catalog::TrainingStack& s : table.stacks) {
    if (s.stack != "unknown") known.push_back(s.stack);
  }
  from.fail("training.stack", fmt::format("unknown stack '{}'", excerpt(scenario.job.stack)),
            one_of(known), nearest(scenario.job.stack, known, 1));
}

void bind_job(const Binding& from, const catalog::TrainingTable& table,
              TrainingScenario& scenario) {
  const FieldValues& values = from.values;
  scenario.run.tokens = values.number_or("training.tokens", 1);
  scenario.job.sequence = static_cast<int>(values.number_or("training.sequence", 8192));
  scenario.job.batch = batch_of(from, scenario.job.sequence);
  scenario.job.lora_rank = static_cast<int>(values.number_or("training.lora_rank", 0));
  bind_formats(from, scenario);
  bind_stack(from, table, scenario);
}

template <class Q>
std::optional<Q> quantity_at(const FieldValues& values, std::string_view path) {
  const auto number = values.number_at(path);
  return number ? std::optional{Q::from_base(*number)} : std::nullopt;
}

void bind_failures(const FieldValues& values, workload::TrainingRun& run) {
  if (const auto mtbf = quantity_at<Seconds>(values, "failures.mtbf")) {
    run.failures.accelerator_mtbf = *mtbf;
  }
  if (const auto spares = values.number_at("failures.spares")) {
    run.failures.spares = static_cast<int>(*spares);
  }
  if (const auto repair = quantity_at<Seconds>(values, "failures.repair")) {
    run.failures.repair = *repair;
  }
  if (const auto restart = quantity_at<Seconds>(values, "failures.restart")) {
    run.restart.detect = Seconds{};
    run.restart.reschedule = *restart;
    run.restart.warm_up = Seconds{};
  }
  run.checkpoint.storage = quantity_at<BytesPerSecond>(values, "failures.checkpoint_bandwidth");
}

void bind_limits(const Binding& from, TrainingScenario& scenario) {
  const FieldValues& values = from.values;
  scenario.run.deadline = quantity_at<Seconds>(values, "limits.deadline");
  scenario.confidence = values.number_or("limits.confidence", 0.9);
  scenario.pue = values.number_or("search.pue", 1);
  scenario.budget = quantity_at<Usd>(values, "constraints.budget");
  scenario.power = quantity_at<Watts>(values, "constraints.power");
  scenario.objective =
      values.text_or("search.objective", "cost") == "time" ? Objective::kTime : Objective::kCost;
  scenario.accelerators_max =
      static_cast<int>(values.number_or("constraints.accelerators_max", 65536));
  if (const auto fewest = values.number_at("constraints.accelerators_min")) {
    scenario.accelerators_min = static_cast<int>(*fewest);
    if (*fewest > scenario.accelerators_max) {
      from.fail("constraints.accelerators_min",
                fmt::format("'accelerators_min' {} is more than 'accelerators_max' {}",
                            grouped_text(*fewest), grouped_text(scenario.accelerators_max)),
                fmt::format("1 to {}", grouped_text(scenario.accelerators_max)));
    }
  }
}

// What a table's default stands for, but for one of two that say the same.
std::vector<Assumed> assumed_by(const FieldValues& values) {
  std::vector<Assumed> assumed = assumed_of(values, training_fields());
  if (values.at("training.batch_tokens") == nullptr) return assumed;
  assumed.erase(std::remove_if(assumed.begin(), assumed.end(),
                               [](const Assumed& a) { return a.key == "training.batch"; }),
                assumed.end());
  return assumed;
}

}  // namespace

bool is_training(const document::Document& document) {
  const Node* kind = document.root.find("kind");
  return kind != nullptr && kind->is_scalar() && kind->text == "train";
}

Checked<TrainingScenario> read_training_scenario(const document::Document& document,
                                                 std::string_view text,
                                                 const catalog::Catalog& catalog,
                                                 const catalog::TrainingTable& table) {
  Errors errors;
  const FieldValues values = take_scenario(document, training_fields(), {}, errors);
  const Binding from{values, document, errors};
  TrainingScenario scenario;
  scenario.file = document.file;
  scenario.hash = content_hash(text);
  scenario.name = values.text_or("name", "");
  scenario.model = model_of(values, scenario.file);
  if (const Node* node = values.at("model")) scenario.model_where = document.where(node->mark);
  bind_job(from, table, scenario);
  bind_failures(values, scenario.run);
  bind_limits(from, scenario);
  scenario.offers = bind_offers(values, document, catalog, errors);
  scenario.assumed = assumed_by(values);
  if (!errors.empty()) {
    sort_by_place(errors);
    return tl::unexpected(std::move(errors));
  }
  return scenario;
}

}  // namespace assay::plan
