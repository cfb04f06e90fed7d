#include "plan/training_figures.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "base/unit_text.h"
#include "model/training_subject.h"

namespace assay::plan {

namespace {

using catalog::Confidence;
using model::UsedFact;

constexpr std::string_view kConstants = "data/training.yaml";

UsedFact asked(std::string figure, std::string value) {
  return {std::move(figure), std::move(value), "asked", "the scenario", Confidence::kDerived};
}

UsedFact constant(std::string figure, double value, const std::string& origin,
                  Confidence confidence) {
  return {std::move(figure), number_text(value, 3), origin, std::string{kConstants}, confidence};
}

struct Behind {
  const TrainingPlan& plan;
  const catalog::TrainingTable& table;
  const catalog::PowerTable& power;
  const TrainingOption& choice;
  std::string family;
};

const catalog::TrainingFamily& family_of(const Behind& b) {
  return b.table.family(b.family, b.choice.offer.accelerator);
}

// Hardware, constants, model and job: what a step rests on.
std::vector<UsedFact> step_inputs(const Behind& b) {
  std::vector<UsedFact> inputs = b.choice.facts;
  const catalog::TrainingFamily& family = family_of(b);
  const double width = model::bits(b.choice.format);
  inputs.push_back(
      constant(fmt::format("share of the peak that matrix products reach ({})", family.family),
               width >= 16 ? family.sixteen : (width >= 8 ? family.eight : family.four),
               family.origin, family.confidence));
  inputs.push_back(constant(fmt::format("share that attention reaches ({})", family.family),
                            family.attention, family.origin, family.confidence));
  const model::TrainingJob& job = b.plan.scenario.job;
  const catalog::TrainingStack& stack = b.table.stack(job.stack);
  inputs.push_back(constant(fmt::format("exposed tensor communication ({})", stack.stack),
                            stack.tensor_exposed, stack.origin, stack.confidence));
  inputs.push_back(constant(fmt::format("exposed data communication ({})", stack.stack),
                            stack.data_exposed, stack.origin, stack.confidence));
  const search::StepInterval& interval = b.choice.predicted.interval;
  inputs.push_back({fmt::format("interval of {}", interval.tier),
                    fmt::format("×/÷ {:.2f}", search::step_estimate(1, interval).high),
                    interval.origin, std::string{kConstants}, Confidence::kDerived});
  inputs.push_back({"shape of the model", b.plan.model.id, b.plan.model.architecture,
                    b.plan.model.source,
                    b.plan.model.assumed ? Confidence::kAssumed : Confidence::kVendorDocument});
  inputs.push_back(asked("sequence", grouped_text(job.sequence) + " tokens"));
  inputs.push_back(asked("batch", grouped_text(job.batch) + " sequences"));
  inputs.push_back({"layout", to_text(b.choice.predicted.layout), "searched", "assay search train",
                    Confidence::kDerived});
  return inputs;
}

std::vector<UsedFact> run_inputs(const Behind& b) {
  std::vector<UsedFact> inputs = step_inputs(b);
  const workload::FailureModel& failures = b.plan.scenario.run.failures;
  const bool said = std::none_of(b.plan.scenario.assumed.begin(), b.plan.scenario.assumed.end(),
                                 [](const Assumed& a) { return a.key == "failures.mtbf"; });
  inputs.push_back(asked("tokens", grouped_text(b.plan.scenario.run.tokens)));
  inputs.push_back({"MTBF of an accelerator",
                    grouped_text(failures.accelerator_mtbf / kHour) + " h",
                    said ? "asked" : "published of Llama 3 on 16,384 H100",
                    said ? "the scenario" : "arXiv 2407.21783, section 3.3.4",
                    said ? Confidence::kDerived : Confidence::kThirdParty});
  return inputs;
}

UsedFact price_fact(const market::Offer& o) {
  return {fmt::format("price of {} ({})", o.printed_name, o.id),
          fmt::format("{} {}/{} per {}", grouped_text(o.price, o.price < 100 ? 2 : 0), o.currency,
                      market::name(o.period), market::name(o.unit)),
          fmt::format("{}, {} accelerators, {}", market::name(o.kind), o.accelerators,
                      o.date.empty() ? "not dated" : o.date),
          o.source, Confidence::kThirdParty};
}

std::string share_text(const Estimate<double>& share) {
  return fmt::format("{:.1f} % ({:.1f} .. {:.1f} % at {:.0f} %)", share.value * 100,
                     share.low * 100, share.high * 100, kCoverage * 100);
}

void add_step(const Behind& b, std::vector<Figure>& out) {
  const search::PredictedTraining& p = b.choice.predicted;
  const std::vector<UsedFact> inputs = step_inputs(b);
  const auto seconds = [](double s) { return to_text(Seconds::from_base(s), 3); };
  out.push_back({"step_time",
                 fmt::format("{} ({} .. {} at {:.0f} %)", seconds(p.seconds.value),
                             seconds(p.seconds.low), seconds(p.seconds.high), kCoverage * 100),
                 "busiest rank: compute + exposed communication + bubble + optimizer + host",
                 "Training", inputs});
  out.push_back({"mfu", share_text(p.mfu),
                 "model operations of a step ÷ (step time × accelerators × dense peak)", "Training",
                 inputs});
  const model::TrainingMemory& m = p.step.memory;
  const auto bytes = [](double n) { return to_text(Bytes::from_base(n), 3); };
  out.push_back(
      {"memory_per_accelerator", bytes(m.total()),
       fmt::format("weights {} + gradients {} + optimizer {} + activations {} + buffers "
                   "and reserve {}, of {} usable",
                   bytes(m.weights), bytes(m.gradients), bytes(m.optimizer), bytes(m.activations),
                   bytes(m.buffers + m.reserve), to_text(p.usable, 3)),
       "Training", b.choice.facts});
}

void add_run(const Behind& b, std::vector<Figure>& out) {
  const model::TrainingRunEstimate& run = *b.choice.predicted.run;
  const std::vector<UsedFact> inputs = run_inputs(b);
  out.push_back({"expected_days", days_text(run.expected),
                 fmt::format("{:.0f} steps × step time ÷ goodput {:.1f} %", run.steps,
                             run.goodput.useful * 100),
                 "Training run", inputs});
  out.push_back({"sure_days", days_text(b.choice.sure),
                 fmt::format("quantile {:.3g} of the finish: step-time interval and failures, both "
                             "log-normal",
                             b.plan.scenario.confidence),
                 "Training run", inputs});
  if (run.in_time) {
    out.push_back({"probability_in_time", fmt::format("{:.1f} %", *run.in_time * 100),
                   fmt::format("probability that the finish is within {}",
                               days_text(*b.plan.scenario.run.deadline)),
                   "Training run", inputs});
  }
  out.push_back({"failures", number_text(run.failures, 3),
                 "accelerators × expected time ÷ MTBF of an accelerator", "Training run", inputs});
}

void add_cost(const Behind& b, std::vector<Figure>& out) {
  const model::TrainingRunEstimate& run = *b.choice.predicted.run;
  const market::Lease& lease = b.choice.lease;
  out.push_back(
      {"accelerator_hours", grouped_text(run.accelerator_time / kHour) + " h",
       fmt::format("{} accelerators × expected time", grouped_text(b.choice.accelerators)),
       "Training run", run_inputs(b)});
  out.push_back({"lease_cost",
                 to_text(lease.cost),
                 fmt::format("{} unit(s) × price × {} paid ({} needed): means over all finishes, "
                             "whole periods of the price",
                             lease.units, days_text(lease.paid), days_text(lease.needed)),
                 "Cost",
                 {price_fact(b.choice.offer)}});
  out.push_back({"lease_cost_sure",
                 to_text(b.choice.sure_lease.cost),
                 fmt::format("the same for the time of {:.0f} % confidence",
                             b.plan.scenario.confidence * 100),
                 "Cost",
                 {price_fact(b.choice.offer)}});
  if (run.energy) {
    const catalog::PowerCurve& curve = b.power.family(b.family);
    std::vector<UsedFact> inputs = run_inputs(b);
    inputs.push_back({fmt::format("board power by use ({})", curve.family), "curve", curve.origin,
                      "data/power.yaml", curve.confidence});
    out.push_back({"energy", grouped_text(run.energy->base() / 3.6e9) + " MWh",
                   "(board + host power while training or waiting) × time × PUE", "Power",
                   std::move(inputs)});
  }
}

}  // namespace

std::vector<Figure> training_figures(const TrainingPlan& plan, const catalog::TrainingTable& table,
                                     const catalog::PowerTable& power) {
  ASSAY_ASSERT(plan.is_feasible());
  const TrainingOption& choice = plan.options.front();
  const Behind behind{plan, table, power, choice, choice.family};
  std::vector<Figure> out;
  add_run(behind, out);
  add_step(behind, out);
  add_cost(behind, out);
  if (choice.power) {
    out.push_back({"power", to_text(*choice.power, 3), choice.power_basis, "Power", choice.facts});
  }
  return out;
}

}  // namespace assay::plan
