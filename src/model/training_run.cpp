#include "model/training_run.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "base/distributions.h"
#include "base/interval.h"
#include "base/random.h"

namespace assay::model {

namespace {

// Of a normal, to either side: kCoverage.
constexpr double kDeviations = 1.6448536269514722;

struct RunTime {
  Seconds mean, deviation;
  Seconds interval;
};

// `work`: all steps with their stragglers. Cut into equal intervals, as near to the wanted length
// as whole numbers allow; each ends with a checkpoint, the last one with the result.
RunTime run_time(const GoodputInputs& failures, Seconds work) {
  const double segments = std::max(1.0, std::round(work / checkpoint_interval(failures)));
  const SegmentTime segment = segment_time(failures, work / segments);
  const RepairWaits waits = repair_waits(failures);
  const Seconds running = segment.mean * segments;
  // Repairs are waited for after the very failures that make the run long: their deviations add up.
  const double waited = std::sqrt((waits.variance * running.base()).base());
  return {.mean = running * (1 + waits.mean),
          .deviation = segment.deviation * std::sqrt(segments) * (1 + waits.mean) +
                       Seconds::from_base(waited),
          .interval = work / segments};
}

FinishTime finish_time(const RunTime& run, double half_width) {
  // Log-normals of the same mean and variance; their product is one as well.
  const double ratio = run.deviation / run.mean;
  const double failures = natural_log(1 + ratio * ratio), step = half_width / kDeviations;
  FinishTime finish;
  finish.log_deviation = std::sqrt(failures + step * step);
  finish.p50 = run.mean * exponential_of(-failures / 2);
  finish.mean = run.mean * exponential_of(step * step / 2);
  finish.p10 = finish_quantile(finish, 0.10);
  finish.p90 = finish_quantile(finish, 0.90);
  finish.p99 = finish_quantile(finish, 0.99);
  return finish;
}

// Boards work while they train or save, also for what is lost.
Joules run_energy(const RunPower& power, const Goodput& goodput, Seconds accelerator_time) {
  ASSAY_ASSERT(power.pue >= 1);
  const double still = goodput.restart + goodput.repair;
  const Watts mean = power.board * (1 - still) + power.idle * still + power.host;
  return mean * accelerator_time * power.pue;
}

}  // namespace

Seconds finish_quantile(const FinishTime& finish, double probability) {
  ASSAY_ASSERT(probability > 0 && probability < 1);
  return finish.p50 * exponential_of(finish.log_deviation * normal_quantile(probability));
}

double probability_within(const FinishTime& finish, Seconds deadline) {
  ASSAY_ASSERT(finish.p50 > Seconds{});
  if (deadline <= Seconds{}) return 0;
  if (finish.log_deviation <= 0) return deadline >= finish.p50 ? 1 : 0;
  return probability_above_one(natural_log(deadline / finish.p50),
                               kDeviations * finish.log_deviation);
}

TrainingRunEstimate run_estimate(const RunInputs& in) {
  ASSAY_ASSERT(in.step > Seconds{} && in.half_width >= 0 && in.accelerators > 0);
  ASSAY_ASSERT(in.tokens > 0 && in.tokens_per_step > 0 && in.spare_accelerators >= 0);
  TrainingRunEstimate out;
  out.steps = std::ceil(in.tokens / in.tokens_per_step);
  out.full_speed = in.step * out.steps;
  const RunTime run = run_time(in.failures, out.full_speed * (1 + in.failures.straggler));
  out.goodput = goodput(in.failures, run.interval);
  out.expected = run.mean;
  out.failure_deviation = run.deviation;
  out.failures = out.goodput.failures * run.mean;
  out.finish = finish_time(run, in.half_width);
  out.accelerator_time = run.mean * in.accelerators;
  out.spare_time = run.mean * in.spare_accelerators;
  if (in.power) out.energy = run_energy(*in.power, out.goodput, out.accelerator_time);
  if (in.deadline) out.in_time = probability_within(out.finish, *in.deadline);
  return out;
}

}  // namespace assay::model
