#include "search/search_training.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "base/assert.h"
#include "base/parallel.h"
#include "base/random.h"
#include "model/trainable.h"
#include "search/training_bounds.h"
#include "search/training_front.h"

namespace assay::search {

namespace {

using model::TrainingLayout;
using model::TrainingPass;
using model::TrainingStep;

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr std::size_t kBlocks = 256;  // pieces of parallel work, whatever the jobs

struct Question {
  const model::TrainingSubject& subject;
  int accelerators{};
  const TrainingSpace& space;
  const TrainingSearchOptions& options;
  const Extremes extremes;
};

// Layouts that differ in nothing else are alike: tensor, context, pipeline, expert, expert_tensor.
using Combination = std::array<int, 5>;
Combination combination(const TrainingLayout& l) {
  return {l.tensor, l.context, l.pipeline, l.expert, l.expert_tensor};
}

// The best of some layouts; `position` is its place in the space's order.
struct Best {
  double value{kNever};
  std::pair<std::size_t, std::int64_t> position{};
  TrainingLayout layout;
};

using Bests = std::map<Combination, Best>;

// What some shapes yield.
struct Outcome {
  TrainingCounts counts;
  std::uint64_t checksum{};
  Bests fastest;
  TrainingFront front;
  Best leanest;  // of those that do not fit
  std::vector<TrainingRejection> rejected;
};

// What is known before the search: of members of each group, from the first round.
struct Known {
  Bests fastest;
  double top{kNever};  // time of the last of the top
  TrainingFront front;
  double leanest{kNever};  // bytes; of what does not fit
  bool none_fits{};
};

// One structure under way.
struct Place {
  const TrainingPass& pass;
  std::size_t shape{};
  Best& best;            // of its combination
  double known{kNever};  // fastest known of its combination
};

void keep_less(const Best& candidate, Best& best) {
  if (candidate.value < best.value) best = candidate;
}

// "16 heads do not divide over 32 ranks" and all others that differ in figures only, as one.
std::string reason_of(const std::string& what) {
  std::string reason;
  for (const char c : what) {
    const bool digit = c >= '0' && c <= '9';
    const bool doubled = c == ' ' && (reason.empty() || reason.back() == ' ');
    if (!digit && !doubled) reason += c;
  }
  const std::size_t figure_alone = reason.find(", not");
  if (figure_alone != std::string::npos) reason.resize(figure_alone);
  while (!reason.empty() && (reason.back() == ' ' || reason.back() == '=')) reason.pop_back();
  return reason;
}

void reject(std::vector<TrainingRejection>& rejected, const TrainingRejection& one) {
  const auto same = std::find_if(rejected.begin(), rejected.end(),
                                 [&](const auto& r) { return r.reason == one.reason; });
  if (same != rejected.end()) same->count += one.count;
  else rejected.push_back(one);
}

void reject(Outcome& out, const Error& error, std::int64_t count) {
  out.counts.candidates += count;
  out.counts.cannot_run += count;
  reject(out.rejected, {reason_of(error.what), error.what, count});
}

void evaluate(const Question& q, const Place& place, const TrainingLayout& layout, Outcome& out) {
  const TrainingStep step = model::training_step(q.subject, place.pass, layout);
  const std::pair position{place.shape, out.counts.candidates++};
  out.checksum += result_hash(layout, step);
  const double memory = step.memory.total();
  if (!step.fits) {
    ++out.counts.unfit;
    if (memory < out.leanest.value) out.leanest = {memory, position, layout};
    return;
  }
  ++out.counts.fit;
  const double time = step.time.total;
  if (time < place.best.value) place.best = {time, position, layout};
  if (q.options.front) out.front.add(time, memory, layout);
}

// Whether no layout within these bounds changes the result; counts them where it is so.
bool pruned(const Question& q, const Known& known, const Place& place, const GroupBound& bound,
            std::int64_t layouts, Outcome& out) {
  const bool unfit = bound.memory > q.subject.hardware.memory_usable.base();
  if (unfit ? known.none_fits && !(bound.memory > known.leanest)
            : bound.time <= std::min({known.top, place.known, place.best.value}) ||
                  (q.options.front && !known.front.beats(bound.time, bound.memory) &&
                   !out.front.beats(bound.time, bound.memory))) {
    return false;
  }
  (unfit ? out.counts.pruned_unfit : out.counts.pruned_slow) += layouts;
  out.counts.candidates += layouts;
  return true;
}

// All ways to shard, recompute and offload one structure.
void search_structure(const Question& q, const Known& known, const Place& place,
                      TrainingLayout layout, const StructureChoices& choices, Outcome& out) {
  const auto& offloads = choices.offload;
  const auto all = static_cast<std::int64_t>(choices.recompute.size() * offloads.size());
  const bool by_recompute = q.options.prune && offloads.size() > 2;
  for (const ShardChoice& shard : choices.sharding) {
    choose(shard, layout);
    if (q.options.prune &&
        pruned(q, known, place,
               group_bound(q.subject, place.pass, layout, choices.recompute, offloads, q.extremes),
               all, out)) {
      continue;
    }
    for (const RecomputeChoice& recompute : choices.recompute) {
      choose(recompute, layout);
      if (by_recompute &&
          pruned(q, known, place, group_bound(q.subject, place.pass, layout, offloads, q.extremes),
                 static_cast<std::int64_t>(offloads.size()), out)) {
        continue;
      }
      for (const OffloadChoice& offload : offloads) {
        choose(offload, layout);
        evaluate(q, place, layout, out);
      }
    }
  }
}

// Members of each group that are likely to be good: nothing offloaded, and the leanest.
void try_structure(const Question& q, const Place& place, TrainingLayout layout,
                   const StructureChoices& choices, Outcome& out) {
  for (const ShardChoice& shard : choices.sharding) {
    choose(shard, layout);
    choose(choices.offload.front(), layout);
    for (const RecomputeChoice& recompute : choices.recompute) {
      if (recompute.layers > 0 || shard.ranks > 0) continue;
      choose(recompute, layout);
      evaluate(q, place, layout, out);
    }
    for_each_leanest(choices.recompute, choices.offload, q.extremes,
                     [&](const RecomputeChoice& recompute, const OffloadChoice& offload) {
                       choose(recompute, layout);
                       choose(offload, layout);
                       evaluate(q, place, layout, out);
                     });
  }
}

// What of one structure can be chosen, less what cannot run.
bool runnable_choices(const Question& q, const TrainingLayout& structure, StructureChoices& choices,
                      Outcome& out) {
  choices_of(q.space, structure, choices);
  const auto each = static_cast<std::int64_t>(choices.sharding.size() * choices.recompute.size());
  const auto runs = model::trainable(q.subject, structure);
  if (!runs) {
    reject(out, runs.error(), each * static_cast<std::int64_t>(q.space.offload.size()));
    return false;
  }
  if (q.subject.hardware.host_one_way) return true;
  std::erase_if(choices.offload, [&](const OffloadChoice& offload) {
    TrainingLayout layout = structure;
    choose(offload, layout);
    const auto can = model::trainable(q.subject, layout);
    if (!can) reject(out, can.error(), each);
    return !can;
  });
  return !choices.offload.empty();
}

// Shapes `first` to `last`; `known` is null in the first round.
void search_shapes(const Question& q, const Known* known,
                   const std::vector<model::ShardShape>& shapes,
                   std::pair<std::size_t, std::size_t> range, Outcome& out) {
  StructureChoices choices;
  for (std::size_t i = range.first; i < range.second; ++i) {
    const TrainingPass pass = model::training_pass(q.subject, shapes[i]);
    for_each_structure(q.space, q.accelerators, shapes[i], [&](const TrainingLayout& structure) {
      if (!runnable_choices(q, structure, choices, out)) return;
      const Combination own = combination(structure);
      Place place{.pass = pass, .shape = i, .best = out.fastest[own]};
      if (known == nullptr) {
        try_structure(q, place, structure, choices, out);
        return;
      }
      if (const auto it = known->fastest.find(own); it != known->fastest.end()) {
        place.known = it->second.value;
      }
      search_structure(q, *known, place, structure, choices, out);
    });
  }
}

void add(TrainingCounts& to, const TrainingCounts& c) {
  to.candidates += c.candidates;
  to.cannot_run += c.cannot_run;
  to.fit += c.fit;
  to.unfit += c.unfit;
  to.pruned_unfit += c.pruned_unfit;
  to.pruned_slow += c.pruned_slow;
}

// In the order of the shapes: of equal layouts the first stays.
Outcome searched(const Question& q, const Known* known,
                 const std::vector<model::ShardShape>& shapes) {
  const std::size_t blocks = std::min(shapes.size(), kBlocks);
  std::vector<Outcome> outcomes(blocks);
  parallel_for(blocks, q.options.jobs, [&](std::size_t i) {
    search_shapes(q, known, shapes, {i * shapes.size() / blocks, (i + 1) * shapes.size() / blocks},
                  outcomes[i]);
  });
  Outcome all;
  for (const Outcome& o : outcomes) {
    add(all.counts, o.counts);
    all.checksum += o.checksum;
    for (const auto& [own, best] : o.fastest) keep_less(best, all.fastest[own]);
    all.front.add(o.front);
    keep_less(o.leanest, all.leanest);
    for (const TrainingRejection& r : o.rejected) reject(all.rejected, r);
  }
  return all;
}

// The best of each combination, fastest first.
std::vector<Best> ranked(const Bests& bests, int top) {
  std::vector<Best> out;
  for (const auto& [own, best] : bests) {
    if (best.value < kNever) out.push_back(best);
  }
  std::sort(out.begin(), out.end(), [](const Best& a, const Best& b) {
    return std::tie(a.value, a.position) < std::tie(b.value, b.position);
  });
  if (out.size() > static_cast<std::size_t>(top)) out.resize(static_cast<std::size_t>(top));
  return out;
}

Known known_from(const Question& q, Outcome first) {
  Known known;
  const auto top = ranked(first.fastest, q.options.top);
  if (top.size() == static_cast<std::size_t>(q.options.top)) known.top = top.back().value;
  known.none_fits = first.counts.fit == 0;
  known.fastest = std::move(first.fastest);
  known.front = std::move(first.front);
  known.leanest = first.leanest.value;
  return known;
}

FoundLayout found(const Question& q, const TrainingLayout& layout) {
  const TrainingPass pass = model::training_pass(q.subject, model::shard_shape(layout));
  return {layout, model::training_step(q.subject, pass, layout)};
}

}  // namespace

std::uint64_t result_hash(const TrainingLayout& l, const TrainingStep& step) {
  const auto wide = [](auto value) { return static_cast<std::uint64_t>(value); };
  const std::uint64_t degrees = wide(l.tensor) | wide(l.context) << 20 | wide(l.pipeline) << 40;
  const std::uint64_t experts = wide(l.data) | wide(l.expert) << 24 | wide(l.expert_tensor) << 44;
  const std::uint64_t batches =
      wide(l.virtual_stages) | wide(l.micro_batch) << 16 | wide(l.shard_ranks) << 40;
  const std::uint64_t choices =
      wide(l.sequence_parallel) | wide(l.sharding) << 1 | wide(l.recompute) << 4 |
      wide(l.schedule) << 8 | wide(l.context_comm) << 12 | wide(l.offload_weights) << 16 |
      wide(l.offload_activations) << 17 | wide(l.offload_optimizer) << 18 | wide(step.fits) << 19 |
      wide(l.recompute_layers) << 32;
  const std::array<std::uint64_t, 7> words{degrees,
                                           experts,
                                           batches,
                                           choices,
                                           std::bit_cast<std::uint64_t>(step.time.total),
                                           std::bit_cast<std::uint64_t>(step.memory.total()),
                                           std::bit_cast<std::uint64_t>(step.mfu)};
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    sum += mixed_bits(words[i] + (i + 1) * kGoldenGamma);
  }
  return mixed_bits(sum);
}

std::vector<FoundLayout> thinned(const std::vector<FoundLayout>& front, double share) {
  ASSAY_ASSERT(share >= 0 && share < 1);
  std::vector<FoundLayout> kept;
  for (const FoundLayout& f : front) {
    const bool enough =
        kept.empty() || f.step.memory.total() <= (1 - share) * kept.back().step.memory.total();
    if (enough) kept.push_back(f);
  }
  return kept;
}

TrainingSearch search_training(const model::TrainingSubject& subject, int accelerators,
                               const TrainingSpace& space, const TrainingSearchOptions& options) {
  ASSAY_ASSERT(accelerators >= 1 && options.top >= 1 && space.layers == subject.model.layers());
  TrainingSearch search;
  if (const std::string why = model::format_obstacle(subject); !why.empty()) {
    search.counts.candidates = search.counts.cannot_run = count_layouts(space, accelerators);
    search.rejected = {{.reason = "the format", .example = why, .count = search.counts.cannot_run}};
    return search;
  }
  const Question q{subject, accelerators, space, options, extremes_of(space)};
  const auto shapes = shard_shapes(space, accelerators);
  const Known known = options.prune ? known_from(q, searched(q, nullptr, shapes)) : Known{};
  const Outcome all = searched(q, &known, shapes);
  search.counts = all.counts;
  search.checksum = all.checksum;
  search.rejected = all.rejected;
  std::stable_sort(search.rejected.begin(), search.rejected.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  for (const Best& best : ranked(all.fastest, options.top)) {
    search.top.push_back(found(q, best.layout));
  }
  for (const FrontPoint& p : all.front.points()) search.front.push_back(found(q, p.layout));
  if (search.top.empty() && all.leanest.value < kNever) {
    search.leanest = found(q, all.leanest.layout);
  }
  return search;
}

}  // namespace assay::search
