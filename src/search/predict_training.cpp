#include "search/predict_training.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "model/goodput.h"
#include "model/power.h"
#include "model/trainable.h"
#include "model/training_power.h"
#include "search/training_work.h"

namespace assay::search {

namespace {

using model::TrainingLayout;
using model::TrainingSubject;

double tokens_per_step(const TrainingSubject& subject) {
  return 1.0 * subject.job.batch * subject.job.sequence;
}

std::optional<Watts> host_share(const TrainingSite& site, const model::BoardPower& board,
                                std::string& unknown) {
  if (site.system == nullptr) {
    unknown = "the catalog has no system of them";
    return std::nullopt;
  }
  const auto node = model::node_power(*site.system, board, site.power.host);
  if (!node) {
    unknown = fmt::format("the power of {} is unknown, or it is no server", site.system->id);
    return std::nullopt;
  }
  return node->host / site.system->accelerators;
}

std::optional<TrainingPower> power_of(const TrainingSubject& subject, const TrainingSite& site,
                                      const model::TrainingPass& pass,
                                      const PredictedTraining& predicted) {
  const StepWork work = step_work(subject, pass, predicted.layout);
  const auto board = model::training_power(
      predicted.step.time,
      {Flops::from_base(work.layers), Flops::from_base(work.sixteen), Bytes::from_base(work.bytes)},
      subject.hardware, subject.job.format, site.power);
  if (!board) return std::nullopt;
  const catalog::PowerCurve& curve = site.power.family(subject.hardware.family);
  const Watts limit = *subject.hardware.power;
  TrainingPower power{.board = estimate(board->base(), curve.half_width),
                      .idle = limit * curve.idle,
                      .limit = limit,
                      .host = {},
                      .host_unknown = {},
                      .joules_per_token = {},
                      .origin = curve.origin};
  power.board.high = std::min(power.board.high, limit.base());
  power.host = host_share(site, {*board, limit}, power.host_unknown);
  const double watts = (board->base() + power.host.value_or(Watts{}).base()) * site.pue;
  power.joules_per_token = watts / predicted.tokens_per_s_per_accelerator.value;
  return power;
}

model::TrainingRunEstimate run_of(const TrainingSubject& subject, const TrainingSite& site,
                                  const model::TrainingPass& pass,
                                  const PredictedTraining& predicted,
                                  const workload::TrainingRun& run) {
  model::RunInputs in;
  in.step = Seconds::from_base(predicted.step.time.total);
  in.half_width = predicted.interval.half_width;
  in.tokens_per_step = tokens_per_step(subject);
  in.tokens = run.tokens;
  in.accelerators = predicted.layout.accelerators();
  in.spare_accelerators = run.failures.spares.value_or(0) * run.failures.accelerators_per_spare;
  in.failures = model::goodput_inputs(
      run, in.accelerators, model::checkpoint_bytes(trained_elements(pass, predicted.layout)));
  in.power = run_power(site, predicted);
  in.deadline = run.deadline;
  return model::run_estimate(in);
}

std::string line(std::string_view what, std::string_view which, catalog::Confidence confidence,
                 std::string_view origin) {
  return fmt::format("{} {}: {}{}{}", what, which, catalog::name(confidence),
                     origin.empty() ? "" : ", ", origin);
}

}  // namespace

double trained_elements(const model::TrainingPass& pass, const TrainingLayout& l) {
  const double dense =
      l.tensor * (pass.layers * pass.layer_weights.trained_dense +
                  pass.embedding_weights.trained_dense + pass.output_weights.trained_dense);
  const double experts = pass.layers * pass.layer_weights.trained_experts;
  return dense + 1.0 * l.expert * l.expert_tensor * experts;
}

Result<PredictedTraining> predict_training(const TrainingSubject& subject, const TrainingSite& site,
                                           const TrainingLayout& layout,
                                           const std::optional<workload::TrainingRun>& run) {
  if (const auto can = model::trainable(subject, layout); !can) return tl::unexpected{can.error()};
  const model::TrainingPass pass = model::training_pass(subject, model::shard_shape(layout));
  PredictedTraining p;
  p.layout = layout;
  p.step = model::training_step(subject, pass, layout);
  p.micro_batches = model::micro_batches(subject.job, layout);
  p.usable = subject.hardware.memory_usable;
  p.interval = step_interval(subject);
  const double seconds = p.step.time.total, tokens = tokens_per_step(subject);
  ASSAY_ASSERT(seconds > 0);
  const double ranks = layout.accelerators();
  const auto rate = [&](double value) { return step_estimate(value, p.interval); };
  p.seconds = rate(seconds);
  p.tokens_per_s = rate(tokens / seconds);
  p.tokens_per_s_per_accelerator = rate(tokens / seconds / ranks);
  p.flops = rate(tokens / seconds / ranks * pass.model_flops);
  p.mfu = rate(p.step.mfu);
  p.mfu.high = std::max(p.mfu.value, std::min(p.mfu.high, 1.0));
  p.waterfall = training_waterfall(subject, pass, layout, p.step);
  p.shortage = model::training_shortage(p.step.memory, p.usable);
  p.power = power_of(subject, site, pass, p);
  if (run) p.run = run_of(subject, site, pass, p, *run);
  return p;
}

std::optional<model::RunPower> run_power(const TrainingSite& site,
                                         const PredictedTraining& predicted) {
  if (!predicted.power) return std::nullopt;
  const TrainingPower& p = *predicted.power;
  return model::RunPower{.board = Watts::from_base(p.board.value),
                         .idle = p.idle,
                         .host = p.host.value_or(Watts{}),
                         .pue = site.pue};
}

void add_fixes(const TrainingSubject& subject, PredictedTraining& predicted) {
  if (!predicted.step.fits) predicted.fixes = fixes_of(subject, predicted.layout);
}

std::vector<std::string> training_provenance(const TrainingSubject& subject,
                                             const TrainingSite& site) {
  const StepInterval interval = step_interval(subject);
  std::vector<std::string> lines{
      line("rates of family", subject.family.family, subject.family.confidence,
           subject.family.origin),
      line("software", subject.stack.stack, subject.stack.confidence, subject.stack.origin),
      line("link", catalog::name(subject.link.kind), subject.link.confidence, subject.link.origin),
      line("link", catalog::name(subject.network.kind), subject.network.confidence,
           subject.network.origin),
      fmt::format("interval of {}: ×/÷ {:.2f}, {}", interval.tier, step_estimate(1, interval).high,
                  interval.origin)};
  if (subject.hardware.power) {
    const catalog::PowerCurve& curve = site.power.family(subject.hardware.family);
    lines.push_back(line("power of family", curve.family, curve.confidence, curve.origin));
  }
  return lines;
}

}  // namespace assay::search
