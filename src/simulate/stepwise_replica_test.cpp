// The engine against the same told iteration by iteration, on random loads.
#include "simulate/stepwise_replica.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "catalog/catalog.h"
#include "catalog/model_library.h"
#include "model/step_model.h"
#include "simulate/simulate_test_support.h"

namespace assay::simulate {
namespace {

// Whole numbers, one after the other.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : stream_{seed, 1} {}
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low +
           static_cast<std::int64_t>(stream_.uniform(at_++) * static_cast<double>(high - low + 1));
  }
  bool one_of(std::int64_t n) { return between(1, n) == 1; }
  double exponential() { return stream_.exponential(at_++); }

 private:
  RandomStream stream_;
  std::uint64_t at_{};
};

struct Drawn {
  EngineLimits limits;
  Role role{};
  ToyStep step;
  std::vector<Asked> asked;
  std::int64_t held_for{};
  bool fails{};
};

EngineLimits drawn_limits(Draws& draw, std::int64_t longest) {
  EngineLimits limits;
  limits.batching = static_cast<Batching>(draw.between(0, 2));
  limits.tokens_max = static_cast<std::int32_t>(draw.between(8, draw.one_of(2) ? 100 : 600));
  limits.sequences_max = static_cast<std::int32_t>(draw.between(1, 30));
  limits.block_tokens = static_cast<std::int32_t>(draw.one_of(3) ? 16 : draw.between(1, 8));
  limits.prefix_caching = draw.one_of(2);
  limits.schedules_ahead = draw.one_of(2);
  limits.by_priority = draw.one_of(3);
  limits.output_reserved = draw.one_of(2) ? 0.0 : static_cast<double>(draw.between(0, 2)) / 2;
  if (draw.one_of(3)) {
    limits.draft_tokens = 2;
    limits.tokens_per_iteration = 1.7;
  }
  const std::int64_t least = longest / limits.block_tokens + 6;
  limits.kv_blocks = least * draw.between(10, draw.one_of(3) ? 60 : 25) / 10;
  return limits;
}

// Chains of ids: prompts of a few groups that go on from one another, as turns of a talk do.
void draw_prefix(Draws& draw, Asked& asked, std::int32_t block_tokens, std::int64_t groups) {
  const auto group = static_cast<std::uint64_t>(draw.between(1, groups));
  const auto most = (asked.input + block_tokens - 1) / block_tokens;
  const std::int64_t turns = draw.one_of(3) ? most : draw.between(1, most);
  asked.block_tokens = block_tokens;
  for (std::int64_t i = 0; i < turns; ++i) {
    asked.ids.push_back(group * 1000 + static_cast<std::uint64_t>(i));
  }
}

Drawn draw_all(std::uint64_t seed) {
  Draws draw{seed};
  Drawn drawn;
  const bool is_long = draw.one_of(30);  // longer than the ring of DecodeSet
  const std::int64_t input = draw.between(1, is_long ? 3000 : 150);
  const std::int64_t output = draw.between(1, is_long ? 9000 : 80);
  drawn.limits = drawn_limits(draw, input + output);
  drawn.held_for = draw.one_of(2) ? 0 : 3'456'789;
  if (draw.one_of(4)) drawn.role = draw.one_of(2) ? Role::kPrefill : Role::kDecode;
  if (draw.one_of(4)) drawn.step.window = static_cast<double>(draw.between(1, input + output));
  const bool shares = draw.one_of(2), priorities = draw.one_of(2), cancels = draw.one_of(2);
  const auto prefix_tokens = static_cast<std::int32_t>(draw.between(1, 60));
  const std::int64_t groups = draw.between(1, 6);
  const double gap = std::pow(10.0, static_cast<double>(draw.between(5, 8)));
  const std::int64_t count = draw.between(1, is_long ? 12 : 80);
  drawn.fails = draw.one_of(8);
  double at = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    Asked asked;
    if (!draw.one_of(4)) at += (is_long ? 100 : 1) * gap * draw.exponential();
    asked.at = static_cast<std::int64_t>(at);
    asked.input = static_cast<std::int32_t>(draw.between(1, input));
    asked.output = static_cast<std::int32_t>(draw.between(1, output));
    if (priorities) asked.priority = static_cast<std::int32_t>(draw.between(-1, 2));
    if (shares && !draw.one_of(5)) draw_prefix(draw, asked, prefix_tokens, groups);
    if (drawn.role == Role::kDecode) {
      asked.prefilled = asked.output > 1 && !draw.one_of(5);
    }
    if (cancels && draw.one_of(4)) {
      asked.cancelled_at = asked.at + static_cast<std::int64_t>(3e7 * draw.exponential());
    }
    if (drawn.fails && draw.one_of(10)) {
      asked.fails_at = asked.at + static_cast<std::int64_t>(3e7 * draw.exponential());
    }
    drawn.asked.push_back(asked);
  }
  return drawn;
}

std::string text(const Drawn& d) {
  std::string s = "batching " + std::to_string(static_cast<int>(d.limits.batching));
  s += " tokens_max " + std::to_string(d.limits.tokens_max);
  s += " sequences_max " + std::to_string(d.limits.sequences_max);
  s += " blocks " + std::to_string(d.limits.kv_blocks);
  s += " of " + std::to_string(d.limits.block_tokens);
  s += d.limits.prefix_caching ? " caching" : "";
  s += d.limits.schedules_ahead ? " ahead" : "";
  s += d.limits.by_priority ? " by_priority" : "";
  s += " reserved " + std::to_string(d.limits.output_reserved);
  s += " drafts " + std::to_string(d.limits.draft_tokens);
  s += " role " + std::to_string(static_cast<int>(d.role));
  s += " requests " + std::to_string(d.asked.size());
  return s;
}

void expect_same(const ReplicaLog& fast, const ReplicaLog& plain, bool ahead) {
  ASSERT_EQ(fast.told.size(), plain.told.size());
  for (std::size_t i = 0; i < fast.told.size(); ++i) {
    SCOPED_TRACE("request " + std::to_string(i));
    EXPECT_EQ(fast.told[i].first, plain.told[i].first);
    EXPECT_EQ(fast.told[i].last, plain.told[i].last);
    EXPECT_EQ(fast.told[i].cached, plain.told[i].cached);
    EXPECT_EQ(fast.told[i].preemptions, plain.told[i].preemptions);
    EXPECT_EQ(fast.told[i].finished, plain.told[i].finished);
    EXPECT_EQ(fast.told[i].cancelled, plain.told[i].cancelled);
  }
  for (const auto& [at, blocks] : fast.blocks) {
    const auto there = plain.blocks.find(at);
    ASSERT_NE(there, plain.blocks.end()) << "no boundary at " << at;
    // Planned ahead, blocks of those that have ended may be back an iteration earlier.
    if (ahead) {
      EXPECT_LE(blocks, there->second) << "at " << at;
    } else {
      EXPECT_EQ(blocks, there->second) << "at " << at;
    }
    EXPECT_EQ(fast.waiting_blocks.at(at), plain.waiting_blocks.at(at)) << "at " << at;
    EXPECT_EQ(fast.running.at(at), plain.running.at(at)) << "at " << at;
  }
}

IterationSums sum_of(const PoolRecord& record) {
  IterationSums sum;
  for (const auto* sizes : {&record.profile.decoding, &record.profile.prompts}) {
    for (const IterationSums& sums : *sizes) add(sum, sums);
  }
  return sum;
}

void expect_same(PoolRecord fast, PoolRecord plain) {
  const IterationSums all = sum_of(fast), each = sum_of(plain);
  EXPECT_NEAR(all.seconds, fast.busy_seconds, 1e-9);
  EXPECT_NEAR(all.iterations, each.iterations, 1e-6);
  EXPECT_NEAR(all.prefill_tokens, each.prefill_tokens, 1e-6 * each.prefill_tokens);
  EXPECT_NEAR(all.decode_sequences, each.decode_sequences, 1e-6 * each.decode_sequences);
  EXPECT_NEAR(all.decode_context, each.decode_context, 1e-6 * each.decode_context);
  EXPECT_EQ(fast.preemptions, plain.preemptions);
  EXPECT_EQ(fast.iterations, plain.iterations);
  EXPECT_EQ(fast.prompt_tokens, plain.prompt_tokens);
  EXPECT_EQ(fast.cached_tokens, plain.cached_tokens);
  EXPECT_EQ(fast.decode_sequences, plain.decode_sequences);
  EXPECT_NEAR(fast.busy_seconds, plain.busy_seconds, 1e-9);
  EXPECT_NEAR(fast.block_seconds, plain.block_seconds,
              0.03 * plain.block_seconds + plain.busy_seconds);
  const LatencyFigures a = fast.gaps.figures(), b = plain.gaps.figures();
  EXPECT_EQ(a.count, b.count);
  EXPECT_NEAR(a.mean, b.mean, 1e-12);
  EXPECT_NEAR(a.deviation, b.deviation, 1e-8);
  EXPECT_NEAR(a.max, b.max, 1e-12);
  EXPECT_NEAR(a.p50, b.p50, 1e-3 * b.p50);
}

template <template <class> class ReplicaType, class Step>
ReplicaLog run(const Step& step, const Drawn& drawn) {
  return ReplicaDriver<ReplicaType, Step>{step, drawn.limits, drawn.role}.run(drawn.asked,
                                                                              drawn.held_for);
}

TEST(StepwiseReplica, EqualsTheFastOneToTheNanosecond) {
  std::int64_t preempted = 0, cached = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const Drawn drawn = draw_all(seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + text(drawn));
    const ReplicaLog plain = run<StepwiseReplica>(drawn.step, drawn);
    const ReplicaLog fast = run<Replica>(drawn.step, drawn);
    expect_same(fast, plain, drawn.limits.schedules_ahead);
    expect_same(fast.record, plain.record);
    EXPECT_EQ(plain.blocks_at_end, 0);
    EXPECT_EQ(fast.blocks_at_end, 0);
    preempted += plain.record.preemptions;
    cached += plain.record.cached_tokens;
    if (HasFailure()) return;
  }
  // The loads are such that caches are full, and shared.
  EXPECT_GT(preempted, 1000);
  EXPECT_GT(cached, 10'000);
}

// Times that are no whole nanoseconds: rounded once an iteration here, once a stretch there.
TEST(StepwiseReplica, StaysWithinANanosecondAnIteration) {
  double most = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Drawn drawn = draw_all(seed);
    drawn.role = Role::kBoth;
    // All at once: else an arrival within the error of a boundary would go to either side.
    for (Asked& asked : drawn.asked) {
      asked.at = 0;
      asked.cancelled_at = asked.fails_at = -1;
      asked.prefilled = false;
    }
    const ToyStep step{
        .iteration = 1e6 / 3, .prompt_token = 700.0 / 7, .token_of_context = 3.14159};
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + text(drawn));
    const ReplicaLog plain = run<StepwiseReplica>(step, drawn), fast = run<Replica>(step, drawn);
    ASSERT_EQ(fast.record.iterations, plain.record.iterations);
    EXPECT_EQ(fast.record.preemptions, plain.record.preemptions);
    EXPECT_EQ(fast.record.cached_tokens, plain.record.cached_tokens);
    const auto iterations = static_cast<double>(plain.record.iterations);
    for (std::size_t i = 0; i < drawn.asked.size(); ++i) {
      const auto off = static_cast<double>(std::abs(fast.told[i].last - plain.told[i].last));
      EXPECT_LE(off, iterations);
      EXPECT_LE(std::abs(fast.told[i].first - plain.told[i].first), plain.record.iterations);
      EXPECT_EQ(fast.told[i].preemptions, plain.told[i].preemptions);
      most = std::max(most, off / iterations);
    }
  }
  RecordProperty("most_ns_per_iteration", std::to_string(most));
  EXPECT_LE(most, 0.5);
}

// Layers with a window: their share of a step stops growing where the window is full.
TEST(StepwiseReplica, EqualsTheFastOneForAModelWithWindows) {
  const auto catalog = catalog::load_catalog({}).value();
  const model::StepModel step{
      catalog::load_model("gpt-oss-120b").value(),
      model::resolve_hardware(catalog, *catalog.accelerator("h200"), catalog.system("hgx-h200"))
          .value(),
      {.tensor = 8},
      catalog::load_efficiency().value()};
  Draws draw{1};
  for (const Batching batching : {Batching::kChunked, Batching::kPromptsFirst, Batching::kStatic}) {
    Drawn drawn;
    drawn.limits = {
        .batching = batching, .tokens_max = 2048, .sequences_max = 12, .kv_blocks = 130};
    for (int i = 0; i < 60; ++i) {
      drawn.asked.push_back({.input = static_cast<std::int32_t>(draw.between(45, 135)),
                             .output = static_cast<std::int32_t>(draw.between(100, 300))});
    }
    ReplicaLog plain = run<StepwiseReplica>(step, drawn), fast = run<Replica>(step, drawn);
    ASSERT_EQ(fast.record.iterations, plain.record.iterations);
    EXPECT_EQ(fast.record.preemptions, plain.record.preemptions);
    EXPECT_GT(fast.record.preemptions, 0);
    for (std::size_t i = 0; i < drawn.asked.size(); ++i) {
      EXPECT_LE(std::abs(fast.told[i].last - plain.told[i].last), plain.record.iterations);
    }
    const LatencyFigures a = fast.record.gaps.figures(), b = plain.record.gaps.figures();
    EXPECT_EQ(a.count, b.count);
    EXPECT_NEAR(a.mean / b.mean, 1, 1e-6);
    EXPECT_NEAR(a.p50 / b.p50, 1, 1e-3);
  }
}

}  // namespace
}  // namespace assay::simulate
