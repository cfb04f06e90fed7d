#include "catalog/training_table.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace assay::catalog {
namespace {

const std::string kShared =
    "shared: { power_exponent: 0.4, wave_exponent: 0.2, depth_offset: 150, head_offset: 64,\n"
    "  attention_ramp: 500, cast_passes: 2, loss_bytes: 14, expert_offset: 600,\n"
    "  permute_passes: 3, scan_passes: 20, pipeline_exposed: 0.9, confidence: measured, origin: "
    "test }\n";

std::string family(const std::string& name, const std::string& more = "") {
  return "  - { family: " + name +
         ", sixteen: 0.7, eight: 0.6, four: 0.5, attention: 0.5, attention_2: 0.4,\n"
         "      attention_backward: 0.8, memory: 0.8, power: 700 W, confidence: measured,\n"
         "      origin: test" +
         more + " }\n";
}

std::string stack(const std::string& name, const std::string& more = "") {
  return "  - { stack: " + name +
         ", since: '2025', elementwise: 1.5, tensor_exposed: 0.5, data_exposed: 0.3,\n"
         "      shard_exposed: 0.2, expert_kernels: 0.7, layer_host: 0.4 ms, expert_host: 1 ms,\n"
         "      step_host: 20 ms, balanced: false, gradient_bytes: 4, confidence: assumed,\n"
         "      origin: test" +
         more + " }\n";
}

std::string link(const std::string& kind) {
  return "  - { kind: " + kind +
         ", bandwidth: 0.9, latency: 25 us, per_rank: 1 us, confidence: measured,\n"
         "      origin: test }\n";
}

const std::string kIntervals =
    "intervals:\n"
    "  - { tier: seen dense, half_width: 0.2, half_width_80: 0.1, groups: 7, origin: test }\n";

std::string whole(const std::string& stacks) {
  return kShared + "families:\n" + family("hopper") + family("unknown") + "stacks:\n" + stacks +
         "links:\n" + link("nvlink") + link("network") + link("other") + kIntervals;
}

std::string whole() { return whole(stack("megatron") + stack("unknown")); }

bool any_error(const Errors& errors, const std::string& what) {
  return std::ranges::any_of(errors, [&](const Error& e) { return e.what == what; });
}

TEST(TrainingTable, BuiltInIsReadWhole) {
  const auto table = load_training();
  ASSERT_TRUE(table.has_value());
  EXPECT_TRUE(table->family("hopper").measured());
  EXPECT_TRUE(table->knows_stack("megatron"));
  EXPECT_EQ(table->link(LinkKind::kNvlink).kind, LinkKind::kNvlink);
  for (const TrainingFamily& f : table->families) EXPECT_FALSE(f.origin.empty()) << f.family;
  for (const TrainingStack& s : table->stacks) EXPECT_FALSE(s.origin.empty()) << s.stack;
  for (const TrainingLink& l : table->links) EXPECT_FALSE(l.origin.empty()) << name(l.kind);
}

TEST(TrainingTable, FallsBackToTheUnknown) {
  const auto table = load_training();
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->family("abacus").family, "unknown");
  EXPECT_FALSE(table->family("abacus").measured());
  EXPECT_EQ(table->stack("home-made").stack, "unknown");
  EXPECT_EQ(table->link(LinkKind::kNone).kind, LinkKind::kOther);
  EXPECT_EQ(table->interval("no such tier"), nullptr);
}

// "unknown" is an entry, but nobody's software.
TEST(TrainingTable, KnowsTheStacksThatItLists) {
  const auto table = load_training();
  ASSERT_TRUE(table.has_value());
  EXPECT_FALSE(table->knows_stack("home-made"));
  EXPECT_FALSE(table->knows_stack("unknown"));
  for (const TrainingStack& s : table->stacks) {
    EXPECT_EQ(table->knows_stack(s.stack), s.stack != "unknown");
  }
}

TEST(ReadTraining, TakesUnitsAndDefaults) {
  const auto table = read_training("mine.yaml", whole());
  ASSERT_TRUE(table.has_value());
  const TrainingStack& s = table->stack("megatron");
  EXPECT_DOUBLE_EQ(s.layer_host.base(), 0.4e-3);
  EXPECT_EQ(s.confidence, Confidence::kAssumed);
  EXPECT_EQ(s.matrix, 1);
  EXPECT_EQ(s.attention, 1);
  EXPECT_EQ(s.expert_exposed, 1);
  EXPECT_EQ(s.optimizer_bytes, 12);
  EXPECT_FALSE(s.unfused_attention);
  EXPECT_FALSE(s.deepspeed);
  EXPECT_DOUBLE_EQ(table->family("hopper").power.base(), 700);
  EXPECT_EQ(table->link(LinkKind::kXgmi).kind, LinkKind::kOther);
  EXPECT_EQ(table->pipeline_exposed, 0.9);
  ASSERT_NE(table->interval("seen dense"), nullptr);
  EXPECT_EQ(table->interval("seen dense")->groups, 7);
}

TEST(ReadTraining, PrefersAnEntryForTheAcceleratorItself) {
  std::string text = whole();
  text.insert(text.find("stacks:"), family("hopper-few-links", ", accelerators: [h20]"));
  const auto table = read_training("mine.yaml", text);
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->family("hopper", "h20").accelerators, std::vector<std::string>{"h20"});
  EXPECT_TRUE(table->family("hopper", "h100").accelerators.empty());
  EXPECT_TRUE(table->family("hopper").accelerators.empty());
}

TEST(ReadTraining, KnowsAStackByItsOtherNamesAsWell) {
  const auto table = read_training(
      "mine.yaml", whole(stack("megatron-9", ", aliases: [megatron, mega]") + stack("unknown")));
  ASSERT_TRUE(table.has_value());
  for (const char* name : {"megatron-9", "megatron", "mega"}) {
    EXPECT_TRUE(table->knows_stack(name)) << name;
    EXPECT_EQ(table->stack(name).stack, "megatron-9");
  }
  EXPECT_FALSE(table->knows_stack("meg"));
}

TEST(ReadTraining, TakesWhatAStackSaysBesides) {
  const auto table =
      read_training("mine.yaml", whole(stack("megatron",
                                             ", unfused_attention: true, deepspeed: true, matrix: "
                                             "0.9, optimizer_bytes: 10, expert_exposed: 1.3") +
                                       stack("unknown")));
  ASSERT_TRUE(table.has_value());
  const TrainingStack& s = table->stack("megatron");
  EXPECT_TRUE(s.unfused_attention);
  EXPECT_TRUE(s.deepspeed);
  EXPECT_EQ(s.matrix, 0.9);
  EXPECT_EQ(s.optimizer_bytes, 10);
  EXPECT_EQ(s.expert_exposed, 1.3);
}

TEST(ReadTraining, RefusesAllThatIsMissingAtOnceWithItsPlace) {
  const auto table = read_training("mine.yaml",
                                   "shared: { power_exponent: 0.4 }\nfamilies:\n"
                                   "  - { family: hopper, sixteen: 0.7 }\nlinks: []\n");
  ASSERT_FALSE(table.has_value());
  EXPECT_TRUE(any_error(table.error(), "'wave_exponent' is missing in the shared constants"));
  EXPECT_TRUE(any_error(table.error(), "'eight' is missing in the family"));
  EXPECT_TRUE(any_error(table.error(), "'stacks' is missing in the training table"));
  EXPECT_TRUE(any_error(table.error(), "'intervals' is missing in the training table"));
  for (const Error& error : table.error()) {
    EXPECT_EQ(error.where.value_or(Where{}).file, "mine.yaml");
    EXPECT_GT(error.where.value_or(Where{}).line, 0);
  }
}

TEST(ReadTraining, RefusesWhatIsOutOfRangeWithItsLine) {
  const auto table = read_training(
      "mine.yaml", "shared: { power_exponent: 40 }\n" + whole().substr(kShared.size()));
  ASSERT_FALSE(table.has_value());
  ASSERT_TRUE(any_error(table.error(), "'power_exponent: 40' is out of range"));
  const auto wrong =
      std::ranges::find(table.error(), "'power_exponent: 40' is out of range", &Error::what);
  EXPECT_EQ(wrong->expected, "0 to 1");
  EXPECT_EQ(wrong->where.value_or(Where{}).line, 1);
}

TEST(ReadTraining, NamesTheNearestKeyLinkAndConfidence) {
  const auto nearest = [](const std::string& from, const std::string& to) -> std::string {
    std::string text = whole();
    text.replace(text.find(from), from.size(), to);
    const auto table = read_training("mine.yaml", text);
    if (table) return "read";
    for (const Error& error : table.error()) {
      if (!error.near.empty()) return error.near.front();
    }
    return "nothing";
  };
  EXPECT_EQ(nearest("kind: nvlink", "kind: nvlnik"), "nvlink");
  EXPECT_EQ(nearest("tensor_exposed:", "tensor_exposd:"), "tensor_exposed");
  EXPECT_EQ(nearest("confidence: measured", "confidence: mesured"), "measured");
}

TEST(ReadTraining, NeedsWhatTheLookUpsFallBackTo) {
  const auto without = [](const std::string& text) {
    std::string rest = whole();
    rest.erase(rest.find(text), text.size());
    const auto table = read_training("mine.yaml", rest);
    return table ? Errors{} : table.error();
  };
  EXPECT_TRUE(any_error(without(family("unknown")), "no entry for family 'unknown'"));
  EXPECT_TRUE(any_error(without(stack("unknown")), "no entry for stack 'unknown'"));
  EXPECT_TRUE(any_error(without(link("other")), "no entry for link kind 'other'"));
  EXPECT_TRUE(any_error(without(link("network")), "no entry for link kind 'network'"));
}

TEST(ReadTraining, RefusesWhatIsNoList) {
  const auto table = read_training("mine.yaml", kShared +
                                                    "families: 3\nstacks: 3\nlinks: 3\n"
                                                    "intervals: 3\n");
  ASSERT_FALSE(table.has_value());
  for (const char* key : {"families", "stacks", "links", "intervals"}) {
    EXPECT_TRUE(any_error(table.error(), "'" + std::string{key} + "' is not a list"));
  }
}

TEST(ReadTraining, RefusesWhatIsNoYaml) {
  EXPECT_FALSE(read_training("mine.yaml", "families: [").has_value());
}

}  // namespace
}  // namespace assay::catalog
