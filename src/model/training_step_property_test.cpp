// What holds of every training step, whatever the model, the layout and the software.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/training_step.h"
#include "model/training_test_support.h"

namespace assay::model {
namespace {

using namespace test;

// Sums of doubles in another order.
constexpr double kRounding = 1 + 1e-9;

const catalog::TrainingTable& built_in() {
  static const catalog::TrainingTable kTable = catalog::load_training().value();
  return kTable;
}

int power_of_two(int most) { return 1 << *rc::gen::inRange(0, most + 1); }

struct Case {
  MemoryQuestion q;
  TrainingLayout layout;
};

void draw_job(MemoryQuestion& q) {
  q.table = built_in();
  q.job.stack = (*rc::gen::elementOf(q.table.stacks)).stack;
  q.job.format = *rc::gen::element(TrainingFormat::kSixteen, TrainingFormat::kFp8,
                                   TrainingFormat::kFp8Block, TrainingFormat::kMxfp8);
  q.job.lora_rank = *rc::gen::element(0, 0, 0, 16);
}

void draw_ways(TrainingLayout& l, bool experts) {
  l.tensor = power_of_two(3);
  l.context = power_of_two(2);
  l.data = power_of_two(6);
  l.pipeline = power_of_two(3);
  if (experts) l.expert = std::min(power_of_two(3), l.tensor * l.context * l.data);
  l.micro_batch = power_of_two(1);
  l.sequence_parallel = l.tensor > 1 && *rc::gen::arbitrary<bool>();
  l.virtual_stages = l.pipeline > 1 ? *rc::gen::element(1, 1, 2) : 1;
}

void draw_rest(TrainingLayout& l) {
  l.sharding = *rc::gen::element(Sharding::kNone, Sharding::kOptimizer, Sharding::kGradients,
                                 Sharding::kWeights);
  l.recompute = *rc::gen::element(Recompute::kNone, Recompute::kSelective, Recompute::kFull);
  l.context_comm = *rc::gen::element(ContextComm::kRing, ContextComm::kAllToAll);
  l.schedule = *rc::gen::element(Schedule::kOneForwardOneBackward, Schedule::kOneForwardOneBackward,
                                 Schedule::kZeroBubble, Schedule::kDualPipe);
}

// Schedules that fill bubbles with weight gradients count no part of a slow host's time as theirs:
// where the host binds, gradients that are computed faster fill less.
void hide_host(MemoryQuestion& q) {
  for (catalog::TrainingStack& stack : q.table.stacks) stack.layer_host = stack.expert_host = {};
}

// A layout that runs; at least as many micro-batches as stages, as every schedule is made for.
Case any_case() {
  Case c{.q = ideal_question(*rc::gen::element(llama_8b(), llama_70b(), mixtral()),
                             *rc::gen::element(2048, 8192, 32768), 512),
         .layout = {}};
  draw_job(c.q);
  draw_ways(c.layout, catalog::is_mixture_of_experts(c.q.model));
  draw_rest(c.layout);
  if (c.layout.schedule != Schedule::kOneForwardOneBackward) hide_host(c.q);
  RC_PRE(trainable(c.q.subject(), c.layout).has_value());
  RC_PRE(micro_batches(c.q.job, c.layout) >= c.layout.pipeline);
  RC_LOG() << c.q.model.hidden << " " << c.q.job.sequence << " " << c.q.job.stack << " "
           << name(c.q.job.format) << " lora " << c.q.job.lora_rank << " " << to_text(c.layout)
           << "\n";
  return c;
}

TrainingStep step(const Case& c) { return predict_step(c.q.subject(), c.layout).value(); }
double seconds(const Case& c) { return step(c).time.total; }

double times_over() { return *rc::gen::element(1.01, 1.5, 2.0, 10.0); }

RC_GTEST_PROP(TrainingStepOfAnyLayout, IsFiniteAndTheSumOfItsParts, ()) {
  const TrainingStep s = step(any_case());
  const StepTime& t = s.time;
  double sum = 0;
  for (const double part : {t.forward, t.backward, t.recompute, t.tensor, t.context, t.expert,
                            t.pipeline, t.data, t.bubble, t.optimizer, t.offload, t.host}) {
    RC_ASSERT(part >= 0 && std::isfinite(part));
    sum += part;
  }
  RC_ASSERT(std::abs(sum / t.total - 1) < 1e-9);
  RC_ASSERT(s.mfu > 0 && std::isfinite(s.memory.total()));
}

RC_GTEST_PROP(TrainingStepOfAnyLayout, NeverBeatsThePeakWithoutLosses, ()) {
  Case c = any_case();
  c.q.table = ideal_training();
  RC_ASSERT(step(c).mfu <= kRounding);
}

RC_GTEST_PROP(TrainingStepOfAnyLayout, IsNeverSlowerWithMoreMemoryBandwidth, ()) {
  Case c = any_case();
  const double before = seconds(c);
  c.q.hardware.memory_bandwidth = c.q.hardware.memory_bandwidth * times_over();
  RC_ASSERT(seconds(c) <= before * kRounding);
}

RC_GTEST_PROP(TrainingStepOfAnyLayout, IsNeverSlowerWithAFasterLink, ()) {
  Case c = any_case();
  const double before = seconds(c);
  c.q.hardware.link.one_way = c.q.hardware.link.one_way * times_over();
  RC_ASSERT(seconds(c) <= before * kRounding);
}

RC_GTEST_PROP(TrainingStepOfAnyLayout, IsNeverSlowerWithAFasterNetwork, ()) {
  Case c = any_case();
  const double before = seconds(c);
  c.q.hardware.link.beyond_one_way = *c.q.hardware.link.beyond_one_way * times_over();
  RC_ASSERT(seconds(c) <= before * kRounding);
}

RC_GTEST_PROP(TrainingStepOfAnyLayout, IsNeverSlowerWithAHigherPeak, ()) {
  Case c = any_case();
  const double before = seconds(c), more = times_over();
  for (auto& peak : c.q.hardware.peaks) {
    if (peak) peak = *peak * more;
  }
  RC_ASSERT(seconds(c) <= before * kRounding);
}

RC_GTEST_PROP(TrainingStepOfAnyLayout, NeverHasALowerMfuOfMoreMicroBatches, ()) {
  Case c = any_case();
  const double before = step(c).mfu;
  c.q.job.batch *= *rc::gen::element(2, 3, 8);
  RC_ASSERT(step(c).mfu >= before / kRounding);
}

RC_GTEST_PROP(TrainingStepOfAnyLayout, IsNeverFasterTheMoreIsComputedAgain, ()) {
  Case c = any_case();
  c.layout.recompute = Recompute::kNone;
  const TrainingStep none = step(c);
  c.layout.recompute = Recompute::kSelective;
  const TrainingStep selective = step(c);
  c.layout.recompute = Recompute::kFull;
  const TrainingStep full = step(c);
  RC_ASSERT(none.time.total <= selective.time.total * kRounding);
  RC_ASSERT(selective.time.total <= full.time.total * kRounding);
  RC_ASSERT(selective.memory.total() <= none.memory.total() * kRounding);
  RC_ASSERT(full.memory.total() <= selective.memory.total() * kRounding);
}

RC_GTEST_PROP(TrainingStepOfAnyLayout, NeverTakesMoreMemoryWithSequenceParallelism, ()) {
  Case c = any_case();
  c.layout.tensor = std::max(2, c.layout.tensor);
  RC_PRE(trainable(c.q.subject(), c.layout).has_value());
  c.layout.sequence_parallel = false;
  const double whole = step(c).memory.total();
  c.layout.sequence_parallel = true;
  RC_ASSERT(step(c).memory.total() <= whole * kRounding);
}

RC_GTEST_PROP(TrainingStepOfAnyLayout, NeverTakesMoreMemoryTheMoreIsSharded, ()) {
  Case c = any_case();
  // Of two ranks' halves, two gathered layers and a table may be more than what is divided.
  if (c.layout.data * c.layout.context < 4) c.layout.data *= 4;
  c.layout.sharding = std::min(c.layout.sharding, Sharding::kGradients);
  RC_PRE(trainable(c.q.subject(), c.layout).has_value());
  const double less = step(c).memory.total();
  c.layout.sharding = static_cast<Sharding>(static_cast<int>(c.layout.sharding) + 1);
  RC_ASSERT(step(c).memory.total() <= less * kRounding);
}

RC_GTEST_PROP(TrainingStepOfAnyLayout, HasNoLongerABubbleWithMoreVirtualStages, ()) {
  Case c = any_case();
  if (c.layout.schedule == Schedule::kDualPipe) c.layout.schedule = Schedule::kZeroBubble;
  c.layout.pipeline = std::max(2, c.layout.pipeline);
  c.layout.virtual_stages = 1;
  const double plain = step(c).time.bubble;
  c.layout.virtual_stages = 2;
  RC_PRE(trainable(c.q.subject(), c.layout).has_value());
  RC_ASSERT(step(c).time.bubble <= plain * kRounding);
}

}  // namespace
}  // namespace assay::model
