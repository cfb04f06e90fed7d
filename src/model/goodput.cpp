#include "model/goodput.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/assert.h"
#include "base/distributions.h"
#include "base/random.h"

namespace assay::model {

namespace {

// e^x − 1 − x, without the loss of digits around 0.
double exponential_remainder(double x) {
  if (x < -0.5 || x > 0.5) return exponential_of(x) - 1 - x;
  double term = x * x / 2, sum = 0;
  for (int n = 3; n <= 18; ++n) {
    sum += term;
    term *= x / n;
  }
  return sum;
}

double exponential_less_one(double x) { return exponential_remainder(x) + x; }

// In units of the mean time between failures. Beyond e^300 a run never ends, and squares of that
// would not fit into a double.
struct Segment {
  double training{}, first{},
      again{};  // of work; of the first attempt; of each one after a failure
};

Segment segment(const GoodputInputs& in, Seconds interval) {
  const double first = (interval + in.stall) / in.mtbf;
  // What trained beside the writing of the last checkpoint is not in it, and is done again.
  const double beside = (in.write - in.stall) / in.mtbf;
  return {.training = interval / in.mtbf,
          .first = std::min(first, 300.0),
          .again = std::min(in.restart / in.mtbf + beside + first, 300.0)};
}

// Mean time of a segment over the mean time between failures; also its mean number of failures.
// Vaidya 1997; where nothing is written beside the training, the complete model of Daly 2006.
double segment_mean(const Segment& s) {
  return exponential_of(s.again - s.first) * exponential_less_one(s.first);
}

void check(const GoodputInputs& in) {
  ASSAY_ASSERT(in.mtbf > Seconds{} && in.write > Seconds{} && in.restart >= Seconds{});
  ASSAY_ASSERT(in.stall >= Seconds{} && in.stall <= in.write && in.repair >= Seconds{});
  ASSAY_ASSERT(in.hardware_share >= 0 && in.hardware_share <= 1 && in.straggler >= 0);
  ASSAY_ASSERT(in.spares.value_or(0) >= 0);
}

// Mean number of servers in repair, if the job never waited.
double repair_load(const GoodputInputs& in) { return in.hardware_share * (in.repair / in.mtbf); }

// Erlang's loss formula by its recursion: the share of time in which all of `servers` are taken.
double erlang_loss(double load, int servers) {
  double loss = 1;
  for (int k = 1; k <= servers; ++k) loss = load * loss / (k + load * loss);
  return loss;
}

// Share of the wall time in which the job waits for a repair: more are in repair than stand by.
// While it waits nothing fails, as calls that find all lines taken are lost.
double waiting_share(const GoodputInputs& in) {
  return in.spares ? erlang_loss(repair_load(in), *in.spares + 1) : 0.0;
}

// The probability of each number in repair, 0 … spares, while the job runs.
std::vector<double> in_repair(double load, int spares) {
  std::vector<double> probability(static_cast<std::size_t>(spares) + 1);
  double value = erlang_loss(load, spares);
  for (int k = spares; k >= 0; --k) {
    probability[static_cast<std::size_t>(k)] = value;
    value *= k / load;
  }
  return probability;
}

}  // namespace

Seconds optimum_interval(Seconds stall, Seconds mtbf) {
  ASSAY_ASSERT(stall >= Seconds{} && mtbf > Seconds{});
  // d/dτ of (e^{(τ+δ)/M} − 1)/τ is 0 where (1 − x) · e^x = e^{−δ/M}, x = τ/M: Lambert's W. With
  // x = 1 − e^{−v} that is v − 1 + e^{−v} = δ/M, convex: Newton's steps fall to it from the right.
  const double ratio = stall / mtbf;
  if (ratio <= 0) return {};
  double v = ratio + 1;
  for (int step = 0; step < 100 && v > 0; ++step) {
    const double less = (exponential_remainder(-v) - ratio) / -exponential_less_one(-v);
    v -= less;
    if (!(less > 1e-15 * v)) break;
  }
  return mtbf * -exponential_less_one(-std::max(v, 0.0));
}

Seconds young_interval(Seconds stall, Seconds mtbf) {
  ASSAY_ASSERT(stall >= Seconds{} && mtbf > Seconds{});
  return mtbf * std::sqrt(2 * (stall / mtbf));
}

GoodputInputs goodput_inputs(const workload::TrainingRun& run, int accelerators, Bytes state) {
  ASSAY_ASSERT(accelerators > 0 && state > Bytes{});
  const workload::FailureModel& failures = run.failures;
  const BytesPerSecond storage =
      run.checkpoint.storage.value_or(workload::kStoragePerAccelerator * accelerators);
  const Seconds write = run.checkpoint.write.value_or(state / storage);
  const Seconds restart = run.restart.detect + run.restart.reschedule + run.restart.warm_up +
                          run.restart.load.value_or(write);
  return {.mtbf = failures.job_mtbf.value_or(failures.accelerator_mtbf / accelerators),
          .write = write,
          .stall = std::min(run.checkpoint.stall.value_or(write), write),
          .restart = restart,
          .hardware_share = failures.hardware_share,
          .repair = failures.repair,
          .spares = failures.spares,
          .straggler = failures.straggler,
          .interval = run.checkpoint.interval};
}

Seconds checkpoint_interval(const GoodputInputs& in) {
  check(in);
  const Seconds wanted = in.interval.value_or(optimum_interval(in.stall, in.mtbf));
  return std::max({wanted, in.write - in.stall, in.write * 1e-3});
}

Goodput goodput(const GoodputInputs& in, Seconds interval) {
  check(in);
  ASSAY_ASSERT(interval > Seconds{});
  const Segment s = segment(in, interval);
  const double mean = segment_mean(s), running = 1 - waiting_share(in);
  // Each failure begins a restart, which the next one may cut short.
  const double restart = mean * -exponential_less_one(-(in.restart / in.mtbf));
  const double per_wall = running / mean;
  Goodput out;
  out.interval = interval;
  out.useful = s.training / (1 + in.straggler) * per_wall;
  out.straggler = s.training * per_wall - out.useful;
  out.checkpoint = (in.stall / in.mtbf) * per_wall;
  out.restart = restart * per_wall;
  out.repair = 1 - running;
  out.lost = std::max(0.0, running - s.training * per_wall - out.checkpoint - out.restart);
  out.failures = Hertz::from_base(running / in.mtbf.base());
  return out;
}

SegmentTime segment_time(const GoodputInputs& in, Seconds interval) {
  check(in);
  ASSAY_ASSERT(interval > Seconds{});
  const Segment s = segment(in, interval);
  // The first attempt fails with 1 − q, after the time of an exponential cut at its length x; then
  // follow attempts of length y until one passes: mean e^y − 1, second moment 2 e^y (e^y − 1 − y).
  const double fails = -exponential_less_one(-s.first), a = exponential_of(s.again);
  const double mean = segment_mean(s);
  const double square = 2 * a * (fails * (a - s.again) - s.first * (1 - fails));
  return {in.mtbf * mean, in.mtbf * std::sqrt(std::max(0.0, square - mean * mean))};
}

RepairWaits repair_waits(const GoodputInputs& in) {
  check(in);
  RepairWaits waits;
  const double load = repair_load(in);
  if (!in.spares || load <= 0) return waits;
  const int spares = *in.spares;
  // A failure while all spares are in repair waits for the first of spares + 1 to come back, and
  // leaves as many in repair as before: such failures are Poisson at a rate that depends on the
  // number in repair alone.
  const std::vector<double> probability = in_repair(load, spares);
  const double failures = in.hardware_share / in.mtbf.base();
  const double rate = failures * probability.back();
  const Seconds wait = in.repair / (spares + 1);
  // Variance of the time integral of that rate, Σ 2 (rate · P(at most k))² / (p_k · failures), k
  // below the last: of a birth-and-death process, Whitt, Operations Research 40(2), 1992.
  double integral = 0, at_most = 0;
  for (int k = 0; k < spares; ++k) {
    const double p = probability[static_cast<std::size_t>(k)];
    if (p <= 0) continue;
    at_most += p;
    integral += 2 * rate * rate / failures * at_most * (at_most / p);  // p may be 1e-300
  }
  waits.mean = rate * wait.base();
  waits.variance = Seconds::from_base((2 * rate + integral) * wait.base() * wait.base());
  return waits;
}

int spares_for(const GoodputInputs& in, double share) {
  check(in);
  ASSAY_ASSERT(share > 0 && share < 1);
  const double load = repair_load(in);
  int spares = 0;
  double loss = load / (1 + load);
  while (loss > share) {
    ++spares;
    loss = load * loss / (spares + 1 + load * loss);
  }
  return spares;
}

Bytes checkpoint_bytes(double trained_parameters) {
  ASSAY_ASSERT(trained_parameters >= 0);
  return Bytes::from_base(14.0 * trained_parameters);
}

}  // namespace assay::model
