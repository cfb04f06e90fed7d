#include "evidence/training_resolve.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/nearest.h"
#include "base/text.h"
#include "evidence/resolve_parts.h"
#include "evidence/training_flops.h"
#include "evidence/training_layout.h"
#include "evidence/training_shape.h"

namespace assay::evidence {

namespace {

using catalog::Accelerator;
using catalog::LanguageModel;
using catalog::ModelEntry;

// Rates that one source prints twice agree within their last digit; a formula that is farther off
// counts something else.
constexpr double kPrintedTolerance = 0.04;

void note(std::vector<std::string>& assumed, const std::string& text) {
  if (!text.empty()) assumed.push_back(text);
}

bool is_whole_run(TrainingMetric metric) {
  return metric == TrainingMetric::kMinutesToTrain || metric == TrainingMetric::kAcceleratorHours;
}

// Of a row that counts a whole run: what it states, or what a benchmark takes to its target.
double tokens_of_run(const TrainingNames& names, const TrainingMeasurement& m, int batch,
                     std::vector<std::string>& assumed) {
  if (m.metric == TrainingMetric::kAcceleratorHours) {
    if (m.notes.whole_project) note(assumed, "one run without restarts");
    return m.notes.tokens.value_or(0);
  }
  if (m.metric != TrainingMetric::kMinutesToTrain || !m.notes.mlperf) return 0;
  note(assumed, "tokens to the target as other submissions took");
  return tokens_to_target(names, m.model, name(m.task), batch);
}

int accelerator_count(const TrainingMeasurement& m, const std::vector<const RunDefault*>& runs) {
  if (m.accelerators) return *m.accelerators;
  if (const int count = default_of(runs, &RunDefault::accelerators); count > 0) return count;
  if (!m.tensor || !m.pipeline || !m.data) return 0;
  return *m.tensor * *m.pipeline * *m.data * m.context.value_or(1);
}

// What a step trains, apart from its size.
model::TrainingJob job_of(const TrainingMeasurement& m, const FrameworkRule& framework,
                          const PrecisionRule& precision, const LanguageModel& model,
                          std::vector<std::string>& assumed) {
  model::TrainingJob job;
  job.sequence = m.sequence.value_or(0);
  job.format = precision.format;
  job.stack = framework.stack;
  note(assumed, precision.assumed);
  if (m.task == TrainingTask::kLora) {
    job.lora_rank = std::max(framework.lora_rank, 1);
    assumed.push_back(fmt::format("adapters of rank {}", job.lora_rank));
  }
  if (m.task != TrainingTask::kPretrain && m.gigaflops_per_token) {
    // Frozen weights have no gradient: two passes of three.
    const double passes = m.task == TrainingTask::kLora ? 2.0 / 3 : 1;
    const double counted = *m.gigaflops_per_token * 1e9 / passes;
    job.attended = attended_of_count(counted, model, job.sequence);
    if (job.attended > 0) assumed.emplace_back("packed documents as long as their FLOPs say");
  }
  return job;
}

// What a row does not say of sharding and recomputation.
void read_habits(const TrainingMeasurement& m, const RecomputeName& recompute,
                 const FrameworkRule& framework, const std::vector<const RunDefault*>& runs,
                 ResolvedTraining& resolved, std::vector<std::string>& assumed) {
  if (m.sharding.empty() && framework.sharding) {
    assumed.push_back(fmt::format("sharding {}", model::name(*framework.sharding)));
  }
  note(assumed, recompute.assumed);
  if (!m.recompute.empty()) resolved.recompute = recompute.recompute;
  for (const RunDefault* run : runs) {
    if (!resolved.recompute) resolved.recompute = run->recompute;
    resolved.suspect = resolved.suspect || run->suspect;
  }
  if (!resolved.recompute) assumed.emplace_back("nothing recomputed");
}

// The operations of a token that the row's own FLOP/s count.
double counted_flops(const TrainingNames& names, const RowFacts& facts,
                     const ResolvedTraining& resolved, std::vector<std::string>& assumed) {
  const TrainingMeasurement& m = facts.row;
  if (m.metric != TrainingMetric::kTeraflops && m.metric != TrainingMetric::kFlopUtilization) {
    return 0;
  }
  if (m.gigaflops_per_token) return *m.gigaflops_per_token * 1e9;
  const ConventionRule* rule = convention_of(names, facts);
  ASSAY_ASSERT(rule != nullptr);  // the last one has no condition
  const CountedWork work{.sequence = resolved.job.sequence,
                         .recomputed = resolved.recompute == model::Recompute::kFull,
                         .mtp_layers = resolved.mtp_layers,
                         .adapters = resolved.job.lora_rank > 0};
  const double formula = counted_flops_per_token(rule->count, *resolved.model, work);
  if (m.metric == TrainingMetric::kTeraflops && m.tokens_per_s) {
    const double printed = m.value * 1e12 / *m.tokens_per_s;
    if (std::abs(std::log(printed / formula)) > kPrintedTolerance) {
      assumed.emplace_back("FLOPs of a token by both printed rates");
      return printed;
    }
  }
  note(assumed, rule->assumed);
  return formula;
}

}  // namespace

Checked<TrainingResolver> TrainingResolver::create(const catalog::Catalog& catalog) {
  auto names = load_names();
  auto training = load_training_names();
  auto entries = catalog::model_index();
  Errors errors;
  append(errors, names);
  append(errors, training);
  append(errors, entries);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return TrainingResolver{catalog, *std::move(names), *std::move(training), *std::move(entries)};
}

TrainingResolver::TrainingResolver(const catalog::Catalog& catalog, NameTable names,
                                   TrainingNames training, std::vector<ModelEntry> entries)
    : catalog_{&catalog},
      names_{std::move(names)},
      training_{std::move(training)},
      entries_{std::move(entries)},
      entry_of_{places_by_name(entries_)} {}

tl::expected<TrainingResolver::Machine, Refused> TrainingResolver::machine(
    const std::string& name) {
  const std::string key = to_lower(name);
  if (const auto known = machines_.find(key); known != machines_.end()) return known->second;
  return machines_.emplace(key, read_machine(name)).first->second;
}

tl::expected<TrainingResolver::Machine, Refused> TrainingResolver::read_machine(
    const std::string& name) const {
  auto found = named_machine(*catalog_, names_, name);
  if (!found) return tl::unexpected(found.error());
  const AcceleratorName* meaning = found->meaning;
  model::Hardware& hardware = found->hardware;

  Machine machine;
  machine.vendor = found->accelerator->vendor;
  std::vector<std::string> assumed;
  if (meaning != nullptr) note(assumed, meaning->assumed);
  if (const LinkOverride* link = training_.link(name); link != nullptr) {
    machine.slices = link->slices;
    (link->slices ? machine.of_slices : assumed.emplace_back()) = link->assumed;
    if (const catalog::System* system = catalog_->system(link->system); system != nullptr) {
      const Accelerator* neighbour = catalog_->accelerator(system->accelerator);
      ASSAY_ASSERT(neighbour != nullptr);
      const auto lender = model::resolve_hardware(*catalog_, *neighbour, system);
      if (!lender) return refuse(Refusal::kRefused, lender.error().what);
      hardware.link = lender->link;
    }
    if (link->beyond) hardware.link.beyond_one_way = link->beyond;
  }
  std::erase(assumed, std::string{});
  machine.assumed = join(assumed, "; ");
  machine.hardware = std::make_shared<const model::Hardware>(std::move(hardware));
  return machine;
}

std::shared_ptr<const model::Hardware> TrainingResolver::placed(const Machine& machine,
                                                                const TrainingMeasurement& m,
                                                                int accelerators) const {
  const int slices = m.notes.slices.value_or(1);
  if (!m.notes.network && !machine.slices) return machine.hardware;
  model::Hardware hardware = *machine.hardware;
  if (m.notes.network) hardware.link.beyond_one_way = m.notes.network;
  if (machine.slices) hardware.link.domain = std::max(accelerators / std::max(slices, 1), 1);
  return std::make_shared<const model::Hardware>(std::move(hardware));
}

tl::expected<TrainingResolver::Shape, Refused> TrainingResolver::library_model(
    const std::string& name, const StatedShape& stated) {
  const auto found = entry_of_.find(to_lower(name));
  if (found == entry_of_.end()) {
    std::vector<std::string> known;
    for (const ModelEntry& e : entries_) known.push_back(e.short_id);
    return unresolved(unknown_name("model", name, nearest(name, known)));
  }
  const auto loaded = load_once(models_, entries_[found->second]);
  if (!loaded) return tl::unexpected(loaded.error());
  const auto& model = *loaded;
  if (!stated.layers || *stated.layers == model->layers())
    return Shape{.model = model, .assumed = {}};
  return Shape{.model = std::make_shared<const LanguageModel>(with_layers(*model, *stated.layers)),
               .assumed = fmt::format("{} of its {} layers", *stated.layers, model->layers())};
}

tl::expected<TrainingResolver::Shape, Refused> TrainingResolver::shape(
    const TrainingMeasurement& m) {
  const TrainingModelName* meaning = training_.model(m.model);
  if (meaning != nullptr && !meaning->refuse.empty()) {
    return refuse(Refusal::kUnmodelled, fmt::format("model '{}': {}", m.model, meaning->refuse));
  }
  const bool named = meaning == nullptr || !meaning->model.empty();
  if (named && entry_of_.contains(to_lower(meaning != nullptr ? meaning->model : m.model))) {
    auto shape = library_model(meaning != nullptr ? meaning->model : m.model, m.shape);
    if (shape && meaning != nullptr) shape->assumed += meaning->assumed;
    return shape;
  }
  const StatedShape& s = m.shape;
  const bool whole = s.layers && s.hidden && s.heads && s.ffn && s.vocabulary;
  if (meaning == nullptr && !whole) return library_model(m.model, s);  // refuses
  // A feed-forward width that is not four hidden ones is that of a gated part.
  DecoderShape generic;
  generic.gated = whole && *s.ffn != 4 * *s.hidden;
  const auto model =
      decoder(m.model, meaning != nullptr ? meaning->shape : generic, s, m.sequence.value_or(0));
  if (!model) return unresolved(model.error().what);
  return Shape{.model = std::make_shared<const LanguageModel>(*model),
               .assumed = meaning != nullptr ? meaning->assumed : "a plain decoder"};
}

tl::expected<ResolvedTraining, Refused> TrainingResolver::resolve(const TrainingMeasurement& m) {
  const auto machine = this->machine(m.accelerator);
  if (!machine) return tl::unexpected(machine.error());
  return resolve_on(*machine, m);
}

tl::expected<ResolvedTraining, Refused> TrainingResolver::resolve_on(const Machine& machine,
                                                                     const TrainingMeasurement& m) {
  const std::string family = machine.hardware->family + " " + machine.hardware->accelerator;
  const RowFacts facts{.row = m, .vendor = machine.vendor, .family = family};
  const FrameworkRule* framework = framework_of(training_, facts);
  ASSAY_ASSERT(framework != nullptr);  // the last one has no condition
  const PrecisionRule* precision = precision_of(training_, facts);
  if (precision == nullptr) return unresolved(unknown_name("precision", m.precision, {}));
  const auto sharing =
      m.sharding.empty()
          ? std::optional{SharedRanks{framework->sharding.value_or(model::Sharding{})}}
          : shared_ranks(training_, m.sharding);
  if (!sharing) return unresolved(unknown_name("sharding", m.sharding, {}));
  const RecomputeName* recompute = training_.recomputed(m.recompute.empty() ? "none" : m.recompute);
  if (recompute == nullptr) return unresolved(unknown_name("recomputation", m.recompute, {}));

  const auto runs = defaults_of(training_, facts);
  ResolvedTraining resolved;
  resolved.accelerators = accelerator_count(m, runs);
  if (resolved.accelerators == 0) return unresolved("how many accelerators is not stated");
  TrainingMeasurement row = m;
  if (!row.sequence) row.sequence = default_of(runs, &RunDefault::sequence);
  if (*row.sequence == 0) return unresolved("the length of sequences is not stated");
  const auto shape = this->shape(row);
  if (!shape) return tl::unexpected(shape.error());

  std::vector<std::string> assumed;
  note(assumed, machine.assumed);
  if (m.notes.slices.value_or(1) > 1) note(assumed, machine.of_slices);
  note(assumed, shape->assumed);
  for (const RunDefault* run : runs) note(assumed, run->assumed);
  resolved.model = shape->model;
  resolved.hardware = placed(machine, row, resolved.accelerators);
  resolved.stack = framework->stack;
  resolved.model_class = model_class(*resolved.model);
  resolved.job = job_of(row, *framework, *precision, *resolved.model, assumed);
  resolved.mtp_layers = framework->mtp && !m.notes.without_mtp ? resolved.model->mtp_layers : 0;
  resolved.job.mtp_layers = resolved.mtp_layers;
  resolved.run_tokens = tokens_of_run(training_, m, resolved.job.batch, assumed);
  if (is_whole_run(m.metric) && resolved.run_tokens <= 0)
    return refuse(Refusal::kUnmodelled,
                  "a whole run, of which nobody says how many tokens it took");
  resolved.suspect = m.notes.suspect;
  read_habits(row, *recompute, *framework, runs, resolved, assumed);
  read_layout({.names = training_,
               .row = row,
               .framework = *framework,
               .defaults = runs,
               .sharing = *sharing,
               .recompute = *recompute},
              resolved, assumed);
  resolved.flops_per_token =
      counted_flops(training_, {row, facts.vendor, facts.family}, resolved, assumed);
  resolved.peak = resolved.hardware->matrix_peak(catalog::Format::kBf16).value_or(FlopsPerSecond{});
  resolved.assumed = join(assumed, "; ");
  return resolved;
}

std::optional<double> in_metric(TrainingMetric metric, const ResolvedTraining& r, Seconds step) {
  const double tokens = static_cast<double>(r.job.batch) * r.job.sequence;
  const double rate = tokens / step.base() / r.accelerators;  // of one accelerator
  if (!(rate > 0) || !std::isfinite(rate)) return std::nullopt;
  switch (metric) {
    case TrainingMetric::kTokensPerSecond:
      return rate;
    case TrainingMetric::kTeraflops:
      return rate * r.flops_per_token / 1e12;
    case TrainingMetric::kFlopUtilization:
      return rate * r.flops_per_token / r.peak.base();
    case TrainingMetric::kAcceleratorHours:
      return r.run_tokens / rate / 3600;
    case TrainingMetric::kMinutesToTrain:
      return r.run_tokens / (rate * r.accelerators) / 60;
    case TrainingMetric::kStepSeconds:
      return step.base();
  }
  return std::nullopt;
}

std::optional<Seconds> measured_step(const TrainingMeasurement& m, const ResolvedTraining& r) {
  if (m.metric == TrainingMetric::kStepSeconds) return Seconds::from_base(m.value);
  // Every other metric is proportional to the rate of steps, or to its inverse.
  const auto of_one_second = in_metric(m.metric, r, Seconds::from_base(1));
  if (!of_one_second || !(*of_one_second > 0)) return std::nullopt;
  const bool grows = is_whole_run(m.metric);
  return Seconds::from_base(grows ? m.value / *of_one_second : *of_one_second / m.value);
}

}  // namespace assay::evidence
