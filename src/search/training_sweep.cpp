#include "search/training_sweep.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "model/goodput.h"

namespace assay::search {

namespace {

// Elements that a checkpoint keeps, over all ranks.
double trained_elements(const model::TrainingSubject& subject, const FoundLayout& found) {
  const model::TrainingPass pass = model::training_pass(subject, model::shard_shape(found.layout));
  const model::TrainingLayout& l = found.layout;
  const double dense =
      l.tensor *
      (pass.layers * pass.layer_weights.trained_dense + pass.embedding_weights.trained_dense +
       (subject.model.tied_embeddings ? 0 : pass.output_weights.trained_dense));
  return dense +
         1.0 * l.expert * l.expert_tensor * pass.layers * pass.layer_weights.trained_experts;
}

model::TrainingRunEstimate run_of(const model::TrainingSubject& subject,
                                  const SweepQuestion& question, const FoundLayout& best) {
  const int accelerators = best.layout.accelerators();
  model::RunInputs in;
  in.step = Seconds::from_base(best.step.time.total);
  in.half_width = question.half_width;
  in.tokens_per_step = 1.0 * subject.job.batch * subject.job.sequence;
  in.tokens = question.run.tokens;
  in.accelerators = accelerators;
  const workload::FailureModel& failures = question.run.failures;
  in.spare_accelerators = failures.spares.value_or(0) * failures.accelerators_per_spare;
  in.failures = model::goodput_inputs(question.run, accelerators,
                                      model::checkpoint_bytes(trained_elements(subject, best)));
  in.deadline = question.run.deadline;
  if (question.power) in.power = question.power(best);
  return model::run_estimate(in);
}

bool beats(const model::TrainingRunEstimate& a, const model::TrainingRunEstimate& b) {
  const bool energies = a.energy && b.energy;
  const Seconds time = a.accelerator_time + a.spare_time, other = b.accelerator_time + b.spare_time;
  const bool as_good =
      a.expected <= b.expected && time <= other && (!energies || *a.energy <= *b.energy);
  return as_good &&
         (a.expected < b.expected || time < other || (energies && *a.energy < *b.energy));
}

void mark_front(std::vector<SweepPoint>& points) {
  for (SweepPoint& p : points) {
    p.front = p.run && std::none_of(points.begin(), points.end(), [&](const SweepPoint& other) {
                return other.run && beats(*other.run, *p.run);
              });
  }
}

// Index of the least `value` among those that `may`; of equal ones the first, the fewest.
template <class May, class Value>
std::optional<std::size_t> least(const std::vector<SweepPoint>& points, May&& may, Value&& value) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!points[i].run || !may(points[i])) continue;
    if (!best || value(points[i]) < value(points[*best])) best = i;
  }
  return best;
}

}  // namespace

std::vector<int> accelerator_counts(int least, int most, int node, int values) {
  ASSAY_ASSERT(least >= 1 && least <= most && node >= 1 && values >= 1);
  std::vector<int> counts;
  for (long long n = 1; n <= most; n *= 2) {
    if (n >= least) counts.push_back(static_cast<int>(n));
  }
  // Larger powers answer more questions.
  const auto limit = static_cast<std::size_t>(values);
  if (counts.size() > limit) counts.erase(counts.begin(), counts.end() - values);
  const int first = (least + node - 1) / node, last = most / node;
  const int left = static_cast<int>(limit - counts.size());
  const int every = left > 0 ? std::max(1, (last - first + left) / left) : 0;
  for (int i = first; left > 0 && i <= last; i += every) counts.push_back(i * node);
  if (counts.empty()) counts.push_back(most);
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

TrainingSweep sweep_training(const model::TrainingSubject& subject, std::span<const int> counts,
                             const SpaceOfCount& space, const SweepQuestion& question,
                             const TrainingSearchOptions& options) {
  ASSAY_ASSERT(std::is_sorted(counts.begin(), counts.end()));
  TrainingSweep sweep;
  for (const int accelerators : counts) {
    SweepPoint point{.accelerators = accelerators, .search = {}, .run = {}};
    point.search = search_training(subject, accelerators, space(subject, accelerators), options);
    if (!point.search.top.empty()) {
      point.run = run_of(subject, question, point.search.top.front());
    }
    sweep.points.push_back(std::move(point));
  }
  mark_front(sweep.points);
  const auto in_time = [&](const SweepPoint& p) {
    return !question.run.deadline || p.run->expected <= *question.run.deadline;
  };
  const auto in_budget = [&](const SweepPoint& p) {
    return !question.accelerators_max || p.accelerators <= *question.accelerators_max;
  };
  const auto both = [&](const SweepPoint& p) { return in_time(p) && in_budget(p); };
  if (question.run.deadline) {
    sweep.fewest = least(sweep.points, in_time, [](const auto& p) { return p.accelerators; });
  }
  sweep.fastest = least(sweep.points, in_budget, [](const auto& p) { return p.run->expected; });
  sweep.cheapest = least(sweep.points, both,
                         [](const auto& p) { return p.run->accelerator_time + p.run->spare_time; });
  return sweep;
}

}  // namespace assay::search
