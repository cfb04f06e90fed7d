#include "evidence/training_predict.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/parallel.h"
#include "evidence/training_layout_choice.h"
#include "model/training_step.h"

namespace assay::evidence {

namespace {

// A measurement may be this much better than the data sheet's limit before it is called
// impossible: printed figures are rounded, and so are clocks.
constexpr double kBeyondTheSheet = 1.05;

Prediction refused(Refusal kind, std::string why) {
  Prediction p;
  p.refusal = kind;
  p.why = std::move(why);
  return p;
}

// More arithmetic a second than the data sheet has: no software reaches it.
std::optional<std::string> beyond_the_sheet(const TrainingMeasurement& m, const ResolvedTraining& r,
                                            const model::TrainingSubject& subject,
                                            const model::TrainingPass& pass) {
  const auto step = measured_step(m, r);
  if (!step) return {};
  const double tokens = 1.0 * r.job.batch * r.job.sequence;
  const double share = tokens * pass.model_flops / (step->base() * r.accelerators * pass.peak);
  if (share <= kBeyondTheSheet) return {};
  return fmt::format("{:.2f} times the dense {} peak of {}", share, name(subject.job.format),
                     r.hardware->accelerator);
}

Prediction predict_row(const TrainingMeasurement& m, const TrainingCase& resolved,
                       const ChosenLayout& chosen, const catalog::TrainingTable& table) {
  if (!chosen) return refused(chosen.error().kind, chosen.error().why);
  ResolvedTraining r = *resolved;
  r.job = chosen->job;
  const model::TrainingSubject subject{*r.model, *r.hardware, table, r.job};
  const model::TrainingPass pass =
      model::training_pass(subject, model::shard_shape(chosen->layout));
  if (const auto why = beyond_the_sheet(m, r, subject, pass))
    return refused(Refusal::kImpossible, *why);
  const model::StepTime time = model::step_time(subject, pass, chosen->layout);
  const auto value = in_metric(m.metric, r, Seconds::from_base(time.total));
  if (!value) return refused(Refusal::kUnmodelled, "the metric counts a whole run");
  Prediction p;
  p.value = *value;
  p.model_class = r.model_class;
  p.family = subject.family.family;
  p.engine = r.stack;
  p.layout = model::to_text(chosen->layout) + (chosen->assumed ? " (assumed)" : "");
  p.layout_assumed = chosen->assumed;
  return p;
}

}  // namespace

Checked<std::vector<TrainingCase>> resolve_training(std::span<const TrainingMeasurement> rows,
                                                    const catalog::Catalog& catalog) {
  auto resolver = TrainingResolver::create(catalog);
  if (!resolver) return tl::unexpected(resolver.error());
  std::vector<TrainingCase> cases;
  cases.reserve(rows.size());
  for (const TrainingMeasurement& row : rows) cases.push_back(resolver->resolve(row));
  return cases;
}

std::vector<ChosenLayout> choose_layouts(std::span<const TrainingCase> cases,
                                         const catalog::TrainingTable& table, int jobs) {
  std::vector<ChosenLayout> layouts(cases.size());
  parallel_for(cases.size(), jobs, [&](std::size_t i) {
    if (!cases[i]) {
      layouts[i] = tl::unexpected(cases[i].error());
      return;
    }
    auto chosen = measured_layout(*cases[i], table);
    if (chosen) {
      layouts[i] = std::move(*chosen);
    } else {
      layouts[i] = tl::unexpected(Refused{Refusal::kRefused, chosen.error().what});
    }
  });
  return layouts;
}

std::vector<Prediction> predict_layouts(std::span<const TrainingMeasurement> rows,
                                        std::span<const TrainingCase> cases,
                                        std::span<const ChosenLayout> layouts,
                                        const catalog::TrainingTable& table, int jobs) {
  std::vector<Prediction> predictions(rows.size());
  parallel_for(rows.size(), jobs, [&](std::size_t i) {
    predictions[i] = predict_row(rows[i], cases[i], layouts[i], table);
  });
  return predictions;
}

std::vector<Prediction> predict_training(std::span<const TrainingMeasurement> rows,
                                         std::span<const TrainingCase> cases,
                                         const catalog::TrainingTable& table, int jobs) {
  return predict_layouts(rows, cases, choose_layouts(cases, table, jobs), table, jobs);
}

}  // namespace assay::evidence
