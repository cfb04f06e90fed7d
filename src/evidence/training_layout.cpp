#include "evidence/training_layout.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/assert.h"
#include "catalog/language_model.h"

namespace assay::evidence {

namespace {

// Micro-batches of a pipeline whose batch nobody states, for each of its stages.
constexpr int kFillings = 4;

using Assumed = std::vector<std::string>;

// What a row states of its degrees, and what its defaults add. 0: not known.
struct Degrees {
  int tensor{}, pipeline{}, context{}, expert{}, data{};
  int micro_batch{}, accumulation{}, batch{};
};

int stated_or_default(const std::optional<int>& stated, const LayoutQuestion& q,
                      int RunDefault::*field) {
  return stated ? *stated : default_of(q.defaults, field);
}

Degrees stated_degrees(const LayoutQuestion& q, int accelerators) {
  const TrainingMeasurement& m = q.row;
  Degrees d;
  d.tensor = stated_or_default(m.tensor, q, &RunDefault::tensor);
  d.pipeline = stated_or_default(m.pipeline, q, &RunDefault::pipeline);
  d.context = stated_or_default(m.context, q, &RunDefault::context);
  d.expert = stated_or_default(m.expert, q, &RunDefault::expert);
  d.batch = stated_or_default(m.batch, q, &RunDefault::batch);
  d.micro_batch = stated_or_default(m.micro_batch, q, &RunDefault::micro_batch);
  d.accumulation = m.notes.accumulation.value_or(0);
  if (m.notes.without_context) d.context = 1;
  const int local = default_of(q.defaults, &RunDefault::local_batch);
  if (d.batch == 0 && local > 0) d.batch = local * accelerators;
  return d;
}

// Sequences of a step over micro-batches of one rank are data-parallel ranks times the
// micro-batch; where that is not stated, the smallest that lets the ranks divide the accelerators.
void data_from_accumulation(Degrees& d, int accelerators, Assumed& assumed) {
  if (d.accumulation == 0 || d.batch == 0 || d.batch % d.accumulation != 0) return;
  const int at_once = d.batch / d.accumulation;
  const int first = d.micro_batch > 0 ? d.micro_batch : 1;
  const int last = d.micro_batch > 0 ? d.micro_batch : at_once;
  for (int micro = first; micro <= last; ++micro) {
    if (at_once % micro != 0 || accelerators % (at_once / micro) != 0) continue;
    d.data = at_once / micro;
    if (d.micro_batch == 0 && micro > 1) {
      assumed.push_back(fmt::format("micro-batch {}, the least that fits the accumulation", micro));
    }
    if (d.micro_batch == 0) d.micro_batch = micro;
    return;
  }
}

// Degrees that the others leave no choice for.
void close_degrees(Degrees& d, int accelerators, Assumed& assumed) {
  if (d.tensor > 0 && d.pipeline > 0) {
    d.context = std::max(d.context, 1);
    return;
  }
  data_from_accumulation(d, accelerators, assumed);
  if (d.data == accelerators) {
    d.tensor = d.pipeline = d.context = 1;
    assumed.emplace_back("one accelerator a replica, by batch and accumulation");
  } else if (d.tensor > 0 && d.context > 0) {
    const int ranks = d.tensor * d.context * std::max(d.data, 1);
    d.pipeline = d.data > 0 && accelerators % ranks == 0 ? accelerators / ranks : 1;
    assumed.push_back(fmt::format("pp{}", d.pipeline));
  } else if (accelerators == 1) {
    d.tensor = d.pipeline = d.context = 1;
  }
}

// A row whose two batch columns are swapped has the larger one for a micro-batch.
void unswap(Degrees& d, Assumed& assumed) {
  if (d.batch == 0 || d.micro_batch <= d.batch) return;
  std::swap(d.batch, d.micro_batch);
  assumed.emplace_back("columns mbs and gbs taken as swapped");
}

// The micro-batch and the batch, once the data-parallel ranks are known.
void close_batch(const LayoutQuestion& q, Degrees& d, Assumed& assumed) {
  const int local = q.row.notes.local_batch.value_or(0);  // of one data-parallel rank
  const bool at_once = d.pipeline == 1 && default_of(q.defaults, &RunDefault::local_batch) > 0;
  if (d.micro_batch == 0 && at_once && d.batch % d.data == 0) d.micro_batch = d.batch / d.data;
  if (d.micro_batch == 0 && local > 0 && d.pipeline == 1) {
    d.micro_batch = std::max(local / std::max(d.accumulation, 1), 1);
  }
  if (d.micro_batch == 0 && d.accumulation > 0 && d.batch > 0 &&
      d.batch % (d.accumulation * d.data) == 0) {
    d.micro_batch = d.batch / (d.accumulation * d.data);
  }
  if (d.micro_batch == 0) {
    d.micro_batch = 1;
    assumed.emplace_back("micro-batch 1");
  }
  const int ranks = d.micro_batch * d.data;
  if (d.batch == 0 && local > 0) d.batch = local * d.data;
  if (d.batch == 0 && d.accumulation > 0) d.batch = ranks * d.accumulation;
  if (d.batch == 0) {
    const int micro_batches = d.pipeline > 1 ? kFillings * d.pipeline : 1;
    d.batch = ranks * micro_batches;
    assumed.push_back(micro_batches == 1 ? "one micro-batch a step"
                                         : fmt::format("{} micro-batches a step", micro_batches));
  }
  if (d.batch % ranks == 0) return;
  const int whole = std::max((d.batch + ranks / 2) / ranks, 1) * ranks;
  assumed.push_back(fmt::format("batch {} for {}, which does not divide", whole, d.batch));
  d.batch = whole;
}

model::Schedule schedule_of(const LayoutQuestion& q) {
  for (const RunDefault* run : q.defaults) {
    if (run->schedule) return *run->schedule;
  }
  const std::string& name = q.row.notes.schedule;
  if (name == "dualpipe") return model::Schedule::kDualPipe;
  const bool bubble = name.starts_with("z") || name.starts_with("v-");
  return bubble ? model::Schedule::kZeroBubble : model::Schedule::kOneForwardOneBackward;
}

// Partial recomputation of every layer counts as the full one of a part of them.
void recompute_of(const LayoutQuestion& q, const ResolvedTraining& resolved,
                  model::TrainingLayout& layout) {
  layout.recompute = resolved.recompute.value_or(model::Recompute::kNone);
  if (layout.recompute != model::Recompute::kFull || q.recompute.share >= 1) return;
  const double layers =
      static_cast<double>(resolved.model->layers()) / (layout.pipeline * layout.virtual_stages);
  layout.recompute_layers = std::max(static_cast<int>(std::lround(q.recompute.share * layers)), 1);
}

model::TrainingLayout layout_of(const LayoutQuestion& q, const Degrees& d,
                                const ResolvedTraining& resolved, Assumed& assumed) {
  model::TrainingLayout layout;
  layout.tensor = d.tensor;
  layout.context = d.context;
  layout.pipeline = d.pipeline;
  layout.data = d.data;
  layout.expert = std::max(d.expert, 1);
  if (d.expert == 0 && catalog::is_mixture_of_experts(*resolved.model)) {
    assumed.emplace_back("experts on every rank");
  }
  layout.micro_batch = d.micro_batch;
  layout.virtual_stages = std::max(resolved.virtual_stages, 1);
  layout.sequence_parallel = d.tensor > 1 && q.framework.sequence_parallel;
  if (layout.sequence_parallel) assumed.emplace_back("sequence parallelism");
  layout.sharding = q.sharing.sharding;
  int ranks = q.sharing.ranks;
  // Slices of TPUs repeat what the ranks of one share.
  if (q.sharing.one_system || (ranks == 0 && q.row.notes.slices.value_or(1) > 1)) {
    ranks = std::max(resolved.hardware->link.domain / (d.tensor * d.context), 1);
  }
  layout.shard_ranks = ranks < layout.data ? ranks : 0;
  if (layout.shard_ranks == 1) {
    layout.sharding = model::Sharding::kNone;
    layout.shard_ranks = 0;
  }
  layout.schedule = schedule_of(q);
  recompute_of(q, resolved, layout);
  return layout;
}

int virtual_stages_of(const LayoutQuestion& q, Assumed& assumed) {
  const int stages = stated_or_default(q.row.virtual_stages, q, &RunDefault::virtual_stages);
  if (stages > 0 || q.row.notes.schedule.find("interleaved") == std::string::npos) return stages;
  assumed.emplace_back("two virtual stages");
  return 2;
}

// What a layout would need to be the row's: it divides the accelerators, and there is a sequence
// for each of its data-parallel ranks. Empty: it is.
std::string contradiction(const Degrees& d, int accelerators) {
  const int replica = d.tensor * d.pipeline * d.context;
  if (replica == 0) return "not stated";
  if (accelerators % replica != 0) {
    return fmt::format("{} do not divide {} accelerators", replica, accelerators);
  }
  const int data = accelerators / replica;
  if (d.batch == 0 || data <= d.batch) return {};
  return fmt::format("{} data-parallel ranks for {} sequences", data, d.batch);
}

}  // namespace

int default_of(const std::vector<const RunDefault*>& defaults, int RunDefault::*field) {
  for (const RunDefault* run : defaults) {
    if (run->*field != 0) return run->*field;
  }
  return 0;
}

void read_layout(const LayoutQuestion& q, ResolvedTraining& resolved, Assumed& assumed) {
  ASSAY_ASSERT(resolved.accelerators > 0 && resolved.model != nullptr);
  Degrees d = stated_degrees(q, resolved.accelerators);
  unswap(d, assumed);
  close_degrees(d, resolved.accelerators, assumed);
  resolved.virtual_stages = virtual_stages_of(q, assumed);
  resolved.sharding = q.sharing.sharding;
  resolved.micro_batch_stated = q.row.micro_batch.has_value();

  const std::string why = contradiction(d, resolved.accelerators);
  if (why.empty()) {
    d.data = resolved.accelerators / (d.tensor * d.pipeline * d.context);
    close_batch(q, d, assumed);
    resolved.layout = layout_of(q, d, resolved, assumed);
  } else if (d.tensor > 0 && d.pipeline > 0) {
    assumed.push_back("degrees as if not stated: " + why);
    d.tensor = d.pipeline = d.context = 0;
  }
  resolved.tensor = d.tensor;
  resolved.pipeline = d.pipeline;
  resolved.context = d.context;
  resolved.expert = d.expert;
  resolved.data = d.data;
  resolved.micro_batch = d.micro_batch;
  resolved.accumulation = d.accumulation;
  resolved.job.batch = d.batch;
}

}  // namespace assay::evidence
