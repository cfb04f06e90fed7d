#include "plan/training_ladder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "model/training_step.h"

namespace assay::plan {

namespace {

// Of a run without a deadline: so many counts that fit, from the fewest on. More cost more.
constexpr int kCountsThatFit = 4;
// Halvings between the last power of two that misses the deadline and the first that keeps it.
constexpr int kHalvings = 2;
// The fastest is looked for among the largest count, its half and its quarter.
constexpr long long kFastest = 4;
// The memory of a state is a bound but for formats and sharding that this does not look at.
constexpr double kStateSlack = 0.5;
constexpr int kServer = 8;

bool multiplies(const model::TrainingSubject& subject) {
  const double width = model::bits(subject.job.format);
  const auto format = width >= 16 ? catalog::Format::kBf16
                                  : (width >= 8 ? catalog::Format::kFp8 : catalog::Format::kNvfp4);
  return subject.hardware.matrix_peak(format).has_value();
}

const TrainingPoint& point_at(TrainingLadder& ladder, int accelerators) {
  const auto found = ladder.points.find(accelerators);
  if (found != ladder.points.end()) return found->second;
  TrainingPoint point;
  if (!multiplies(*ladder.subject)) {
    point.obstacle = fmt::format("{} does not multiply in {}, or nobody says how fast",
                                 ladder.accelerator->id, model::name(ladder.subject->job.format));
    return ladder.points.emplace(accelerators, std::move(point)).first->second;
  }
  const search::TrainingSpace space = plan_space(*ladder.subject, accelerators);
  search::TrainingSearch search = search_training(
      *ladder.subject, accelerators, space, {.top = 1, .front = false, .prune = true, .jobs = 1});
  if (!search.top.empty()) point.best = std::move(search.top.front());
  point.leanest = std::move(search.leanest);
  if (!search.rejected.empty()) point.obstacle = search.rejected.front().example;
  point.layouts = search.counts.candidates;
  return ladder.points.emplace(accelerators, std::move(point)).first->second;
}

// Fewer than these cannot hold the weights and what is trained of them, or cannot be in time with
// all operations at the peak.
double fewest_conceivable(const TrainingLadder& ladder, const TrainingScenario& scenario) {
  const model::TrainingSubject& subject = *ladder.subject;
  if (!multiplies(subject)) return scenario.accelerators_max;
  const model::TrainingPass pass = model::training_pass(subject, model::ShardShape{});
  const auto elements = [&](auto&& of) {
    return pass.layers * of(pass.layer_weights) + of(pass.embedding_weights) +
           of(pass.output_weights);
  };
  const double held = elements([](const auto& w) { return w.dense + w.experts; });
  const double trained =
      elements([](const auto& w) { return w.trained_dense + w.trained_experts; });
  const double bytes =
      2 * held + trained * (subject.stack.gradient_bytes + subject.stack.optimizer_bytes);
  const double by_memory = kStateSlack * bytes / subject.hardware.memory_usable.base();
  if (!scenario.run.deadline || pass.peak <= 0) return by_memory;
  const double by_time =
      scenario.run.tokens * pass.model_flops / pass.peak / scenario.run.deadline->base();
  return std::max(by_memory, by_time);
}

class Climb {
 public:
  Climb(TrainingLadder& ladder, const TrainingScenario& scenario, const catalog::PowerTable& power)
      : ladder_{ladder}, scenario_{scenario}, power_{power} {}

  std::vector<int> run();

 private:
  bool in_time(int accelerators);
  void powers(long long from);
  void halve(int low, int high);

  TrainingLadder& ladder_;
  const TrainingScenario& scenario_;
  const catalog::PowerTable& power_;
  std::vector<int> counts_;
  int first_in_time_{};  // 0: none
  int fitting_{};
};

// Visits the count.
bool Climb::in_time(int accelerators) {
  counts_.push_back(accelerators);
  const TrainingPoint& point = point_at(ladder_, accelerators);
  if (!point.best) return false;
  ++fitting_;
  const auto& run = predict_point(ladder_, point, scenario_, power_).run;
  return run && run->in_time && *run->in_time >= scenario_.confidence;
}

void Climb::powers(long long from) {
  const bool cheapest = scenario_.objective == Objective::kCost;
  for (long long n = from; n <= scenario_.accelerators_max; n *= 2) {
    const int count = static_cast<int>(n);
    const bool beyond = first_in_time_ > 0;
    if (in_time(count) && !beyond) first_in_time_ = count;
    if (cheapest && beyond) return;
    if (cheapest && !scenario_.run.deadline && fitting_ >= kCountsThatFit) return;
    if (!cheapest && n + n / 2 <= scenario_.accelerators_max) in_time(count + count / 2);
  }
}

void Climb::halve(int low, int high) {
  const int server =
      ladder_.system != nullptr ? std::clamp(ladder_.system->accelerators, 1, kServer) : 1;
  for (int i = 0; i < kHalvings; ++i) {
    const int middle = low + (high - low) / 2 / server * server;
    if (middle <= low || middle >= high) return;
    (in_time(middle) ? high : low) = middle;
  }
}

std::vector<int> Climb::run() {
  const int fewest = scenario_.accelerators_min.value_or(1), most = scenario_.accelerators_max;
  const double conceivable = std::min(fewest_conceivable(ladder_, scenario_), 1e9);
  const auto least =
      static_cast<unsigned long long>(std::max<double>(fewest, std::ceil(conceivable)));
  auto from = static_cast<long long>(std::bit_ceil(least));
  const bool only_time =
      scenario_.objective == Objective::kTime && !scenario_.budget && !scenario_.power;
  if (only_time) from = std::max(from, std::bit_floor(static_cast<unsigned>(most)) / kFastest);
  powers(from);
  if (first_in_time_ > from && scenario_.objective == Objective::kCost) {
    halve(first_in_time_ / 2, first_in_time_);
  } else if (first_in_time_ == 0 && (counts_.empty() || scenario_.run.deadline)) {
    in_time(most);
  }
  if (scenario_.accelerators_min) in_time(fewest);
  std::sort(counts_.begin(), counts_.end());
  counts_.erase(std::unique(counts_.begin(), counts_.end()), counts_.end());
  return std::move(counts_);
}

bool is_power(int n) { return std::has_single_bit(static_cast<unsigned>(n)); }

template <class Keep>
void keep(std::vector<int>& values, Keep&& wanted) {
  std::vector<int> kept;
  std::copy_if(values.begin(), values.end(), std::back_inserter(kept), wanted);
  if (!kept.empty()) values = std::move(kept);
}

}  // namespace

search::TrainingSpace plan_space(const model::TrainingSubject& subject, int accelerators) {
  search::TrainingSpace space = search::megatron_space(subject, accelerators);
  if (space.expert.size() <= 1) return space;
  const int most = space.expert.back();
  keep(space.expert, [most](int n) { return n * 2 >= most; });
  keep(space.expert_tensor, [](int n) { return n == 1 || n == 4 || n == 8; });
  keep(space.tensor, is_power);
  keep(space.context, [](int n) { return n <= 8; });
  keep(space.virtual_stages, [](int n) { return n <= 8; });
  keep(space.micro_batch, [](int n) { return n <= 2; });
  space.context_comm = {model::ContextComm::kRing};
  return space;
}

search::PredictedTraining predict_point(const TrainingLadder& ladder, const TrainingPoint& point,
                                        const TrainingScenario& scenario,
                                        const catalog::PowerTable& power) {
  ASSAY_ASSERT(ladder.subject && point.best);
  auto predicted = search::predict_training(*ladder.subject, {ladder.system, power, scenario.pue},
                                            point.best->layout, scenario.run);
  ASSAY_ASSERT(predicted.has_value());  // the search found that it runs
  return std::move(*predicted);
}

std::vector<int> climb(TrainingLadder& ladder, const TrainingScenario& scenario,
                       const catalog::PowerTable& power) {
  ASSAY_ASSERT(ladder.subject.has_value());
  return Climb{ladder, scenario, power}.run();
}

}  // namespace assay::plan
