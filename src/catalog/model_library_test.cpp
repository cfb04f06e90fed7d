#include "catalog/model_library.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "base/text.h"
#include "catalog/embedded.h"
#include "catalog/format.h"
#include "catalog/model_size.h"

namespace assay::catalog {
namespace {

std::vector<ModelEntry> index() {
  auto entries = model_index();
  if (entries) return std::move(*entries);
  ADD_FAILURE() << render(entries.error().front());
  return {};
}

// 1 %, or the last digit printed if that is more: publishers round ("37 billion") or cut.
double tolerance(double published) {
  double unit = 1;
  while (std::fmod(published, unit * 10) == 0) unit *= 10;
  return std::max(unit, published / 100);
}

TEST(ModelLibrary, EveryModelHasItsPublishedSize) {
  for (const ModelEntry& entry : index()) {
    const auto model = load_model(entry);
    ASSERT_TRUE(model) << entry.short_id << ": " << render(model.error().front());
    EXPECT_EQ(model->id, entry.id);
    const ParameterCount count = parameters(*model);
    if (entry.published_parameters > 0) {
      EXPECT_NEAR(count.total, entry.published_parameters, entry.published_parameters / 100)
          << entry.short_id;
    }
    if (entry.published_active > 0) {
      EXPECT_NEAR(count.active, entry.published_active, tolerance(entry.published_active))
          << entry.short_id;
    }
  }
}

TEST(ModelLibrary, AtLeastFortyModelsAndAllOfTheArticles) {
  EXPECT_GE(index().size(), 40u);
  for (const char* name :
       {"llama-2-70b", "llama-3.1-8b", "llama-3.1-70b", "llama-3.1-405b", "gpt-3-175b", "opt-66b",
        "deepseek-v3", "deepseek-r1", "1.3t", "1.8t", "27t"}) {
    EXPECT_TRUE(load_model(name)) << name;
  }
}

TEST(ModelLibrary, AssumedShapesSaySo) {
  for (const char* name : {"1.3t", "1.8t", "27t"}) {
    const auto model = load_model(name);
    ASSERT_TRUE(model) << name;
    EXPECT_TRUE(model->assumed) << name;
    EXPECT_FALSE(model->note.empty()) << name;
  }
  EXPECT_FALSE(load_model("llama-3.1-70b")->assumed);
}

TEST(ModelLibrary, EveryNameIsUniqueAndEveryEntrySourced) {
  std::set<std::string> names;
  for (const ModelEntry& entry : index()) {
    EXPECT_TRUE(names.insert(to_lower(entry.short_id)).second) << entry.short_id;
    EXPECT_TRUE(names.insert(to_lower(entry.id)).second) << entry.id;
    for (const std::string& alias : entry.aliases) {
      EXPECT_TRUE(names.insert(to_lower(alias)).second) << alias;
    }
    EXPECT_FALSE(entry.source.empty()) << entry.short_id;
  }
}

TEST(ModelLibrary, EveryConfigIsInTheIndex) {
  std::set<std::string> files;
  for (const ModelEntry& entry : index()) files.insert(entry.file);
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.path.starts_with("data/models/") || !file.path.ends_with(".json")) continue;
    EXPECT_TRUE(files.contains(std::string{file.path})) << file.path;
  }
}

TEST(ModelLibrary, NamesAreFoundInAnyCase) {
  for (const char* name : {"Llama-3.1-70B", "meta-llama/llama-3.1-70b-instruct", "LLAMA3.1-70B"}) {
    const auto model = load_model(name);
    ASSERT_TRUE(model) << name;
    EXPECT_EQ(model->id, "meta-llama/Meta-Llama-3.1-70B");
  }
}

TEST(ModelLibrary, UnknownNamesGetTheNearest) {
  const auto model = load_model("llama-3.1-70");
  ASSERT_FALSE(model);
  ASSERT_EQ(model.error().size(), 1u);
  EXPECT_EQ(model.error().front().what, "unknown model 'llama-3.1-70'");
  ASSERT_FALSE(model.error().front().near.empty());
  EXPECT_EQ(model.error().front().near.front(), "llama-3.1-70b");
}

TEST(ModelLibrary, PathsMeanAConfigOrItsFolder) {
  const std::string path = ASSAY_SOURCE_DIR "/tests/data/hf_configs/yi-34b.json";
  const auto model = load_model(path);
  ASSERT_TRUE(model) << render(model.error().front());
  EXPECT_EQ(model->id, path);
  EXPECT_EQ(parameters(*model).total, 34'388'917'248);
  EXPECT_FALSE(load_model("no-such-file.json"));
  EXPECT_FALSE(load_model(ASSAY_SOURCE_DIR "/tests/data/hf_configs"));
}

TEST(Format, NamesAreReadBackAndScalesCounted) {
  for (const Format format :
       {Format::kFp32, Format::kBf16, Format::kFp16, Format::kFp8, Format::kInt8, Format::kNvfp4,
        Format::kMxfp4, Format::kInt4, Format::kQ4KM}) {
    EXPECT_EQ(parse_format(name(format)), format);
  }
  EXPECT_EQ(parse_format("FP4"), Format::kNvfp4);
  EXPECT_FALSE(parse_format("fp7"));
  EXPECT_EQ(bits_per_value(Format::kNvfp4), 4.5);
  EXPECT_EQ(bits_per_value(Format::kMxfp4), 4.25);
  EXPECT_EQ(bits_per_value(Format::kInt4), 4.125);
}

}  // namespace
}  // namespace assay::catalog
