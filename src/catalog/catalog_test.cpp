#include "catalog/catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "catalog/embedded.h"

namespace assay::catalog {
namespace {

const std::string kSources =
    "good: { title: A data sheet, confidence: datasheet, date: 2026-01 }\n"
    "assumed: { title: none, confidence: assumed }\n";

std::string card(const std::string& id, const std::string& rest = "") {
  return "id: " + id + "\nname: Card\nvendor: V\nfamily: f\n" + rest;
}

std::string machine(const std::string& id, const std::string& rest) {
  return "id: " + id + "\nname: Machine\nvendor: V\nkind: server\n" + rest;
}

using Files = std::vector<CatalogFile>;

Files files(std::vector<CatalogFile> more) {
  more.push_back({"data/sources.yaml", kSources});
  return more;
}

std::string messages(const Checked<Catalog>& catalog) {
  std::string text;
  if (!catalog) {
    for (const Error& error : catalog.error()) text += render(error) + "\n";
  }
  return text;
}

TEST(Catalog, TheBuiltInOneLoads) {
  const auto catalog = load_catalog({});
  ASSERT_TRUE(catalog) << messages(catalog);
  EXPECT_GE(catalog->accelerators.size(), 60u);
  EXPECT_GE(catalog->systems.size(), 10u);
  EXPECT_TRUE(std::ranges::is_sorted(catalog->accelerators, {}, &Accelerator::id));
  EXPECT_EQ(catalog->hash.size(), 32u);
  EXPECT_GE(catalog->date, "2026");
  EXPECT_EQ(catalog->hash, load_catalog({})->hash);
}

TEST(Catalog, FindsByIdAndAliasInAnyCase) {
  const auto catalog = load_catalog_from(
      files({{"data/accelerators/a1.yaml", card("a1", "aliases: [Alpha-One]\n")}}), {});
  ASSERT_TRUE(catalog) << messages(catalog);
  EXPECT_NE(catalog->accelerator("A1"), nullptr);
  EXPECT_EQ(catalog->accelerator("alpha-ONE"), catalog->accelerator("a1"));
  EXPECT_EQ(catalog->accelerator("a2"), nullptr);
  const Error error = catalog->unknown_accelerator("alpha-on");
  EXPECT_EQ(render(error),
            "error: unknown accelerator 'alpha-on'; expected an id of the catalog "
            "(did you mean 'Alpha-One'?)");
}

TEST(Catalog, ReadsAReadingWithAllItsKeys) {
  const auto catalog =
      load_catalog_from(files({{"data/accelerators/a1.yaml",
                                card("a1",
                                     "memory:\n"
                                     "  bandwidth:\n"
                                     "    - { value: 750 .. 800 GB/s, source: good }\n"
                                     "    - { value: 4.8 TB/s, source: good, confidence: derived, "
                                     "as_printed: 4800, note: n }\n"
                                     "peak:\n  fp4: { value: none, source: assumed }\n")}}),
                        {});
  ASSERT_TRUE(catalog) << messages(catalog);
  const Accelerator& a = catalog->accelerators.front();
  ASSERT_EQ(a.memory_bandwidth.readings.size(), 2u);
  EXPECT_FALSE(a.memory_bandwidth.value());  // the used one is a range
  EXPECT_EQ(a.memory_bandwidth.readings[0].high, BytesPerSecond::from_base(800e9));
  const auto& second = a.memory_bandwidth.readings[1];
  EXPECT_EQ(second.confidence, Confidence::kDerived);
  EXPECT_EQ(second.as_printed, "4800");
  EXPECT_EQ(second.note, "n");
  EXPECT_EQ(second.where.line, 8);
  EXPECT_EQ(catalog->source(second.source).id, "good");
  EXPECT_TRUE(a.peak(Peak::kFp4).none());
  EXPECT_EQ(a.peak(Peak::kFp4).used()->confidence, Confidence::kAssumed);
}

TEST(Catalog, ReportsAllProblemsOfAllFilesInOrder) {
  const auto catalog = load_catalog_from(
      files({{"data/accelerators/a1.yaml",
              card("a1",
                   "memory:\n"
                   "  bandwith: { value: 1 TB/s, source: good }\n"
                   "  marketed: { value: 80, source: good }\n"
                   "  usable: { value: -80 GB, source: good }\n"
                   "  l2: { value: 0 MB, source: good }\n"
                   "peak:\n"
                   "  fp8: { value: 1979 TFLOP/s, source: goood }\n"
                   "  fp16: { value: 989 TFLOP/s, source: good }\n"
                   "  bf16: { value: 989 TB/s, basis: dens, source: good }\n"
                   "link:\n"
                   "  bandwidth: { value: 900 GB/s, basis: aggregate, source: good }\n"
                   "market:\n"
                   "  released: { value: 13.11.2023, source: good }\n"
                   "  domestic_cn: { value: true, source: good }\n")},
             {"data/systems/s1.yaml", machine("s1", "accelerator: a2\naccelerators: 8\n")}}),
      {});
  ASSERT_FALSE(catalog);
  const std::string text = messages(catalog);
  for (const char* part :
       {"a1.yaml:6:3: error: unknown key 'bandwith' in the memory", "did you mean 'bandwidth'",
        "a1.yaml:7:22: error: ", "'-80 GB' is not possible for memory.usable",
        "'0 MB' is not possible for memory.l2", "unknown source 'goood' of peak.fp8",
        "did you mean 'good'", "peak.fp16 does not say whether it is dense or sparse",
        "unknown basis word 'dens'", "link.bandwidth does not say its direction",
        "'13.11.2023' is not a date", "unknown value 'true'; expected yes or no",
        "s1.yaml:5:14: error: unknown accelerator 'a2'"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
  }
}

TEST(Catalog, RefusesWhatPhysicsDoesNotAllow) {
  const auto catalog =
      load_catalog_from(files({{"data/accelerators/a1.yaml",
                                card("a1",
                                     "chip:\n"
                                     "  dies: { value: 1.5, source: good }\n"
                                     "  boost_clock: { value: 1830 GHz, source: good }\n"
                                     "board:\n  power: { value: 700 .. 600 W, source: good }\n")}}),
                        {});
  ASSERT_FALSE(catalog);
  EXPECT_EQ(catalog.error().size(), 3u) << messages(catalog);
}

TEST(Catalog, AnOverlayReplacesAndAdds) {
  const Files base = files({{"data/accelerators/a1.yaml", card("a1", "note: old\n")}});
  const Files overlay{
      {"mine/accelerators/a1.yaml", card("a1", "board:\n  power: { value: 300 W, source: own }\n")},
      {"mine/accelerators/a2.yaml", card("a2")},
      {"mine/sources.yaml", "own: { title: Mine, confidence: measured, date: 2026-02-03 }\n"}};
  const auto before = load_catalog_from(base, {});
  const auto after = load_catalog_from(base, overlay);
  ASSERT_TRUE(after) << messages(after);
  EXPECT_EQ(after->accelerators.size(), 2u);
  EXPECT_EQ(after->accelerator("a1")->note, "");
  EXPECT_EQ(after->accelerator("a1")->power.used()->confidence, Confidence::kMeasured);
  EXPECT_EQ(after->date, "2026-02-03");
  EXPECT_NE(after->hash, before->hash);
}

TEST(Catalog, TheHashDoesNotDependOnTheFolder) {
  const Files one{{"/home/a/accelerators/a2.yaml", card("a2")}};
  const Files two{{"b/accelerators/a2.yaml", card("a2")}};
  EXPECT_EQ(load_catalog_from(files({}), one)->hash, load_catalog_from(files({}), two)->hash);
}

TEST(Catalog, ErrorsOfAnOverlayNameTheUsersPath) {
  const auto catalog =
      load_catalog_from(files({}), {{"my/accelerators/a1.yaml", card("a1", "colour: red\n")}});
  ASSERT_FALSE(catalog);
  EXPECT_EQ(catalog.error().front().where->file, "my/accelerators/a1.yaml");
}

TEST(Catalog, RefusesATakenName) {
  const auto catalog =
      load_catalog_from(files({{"data/accelerators/a1.yaml", card("a1", "aliases: [x]\n")},
                               {"data/accelerators/a2.yaml", card("a2", "aliases: [X]\n")}}),
                        {});
  EXPECT_NE(messages(catalog).find("the name 'X' of 'a2' is taken by 'a1'"), std::string::npos)
      << messages(catalog);
}

TEST(Catalog, RefusesAFileThatIsNamedOtherwise) {
  const auto catalog = load_catalog_from(files({{"data/accelerators/a2.yaml", card("a1")}}), {});
  EXPECT_NE(messages(catalog).find("expected a file named a1.yaml"), std::string::npos);
}

TEST(Catalog, RefusesAFileWithoutAKind) {
  const auto catalog = load_catalog_from(files({{"data/a1.yaml", card("a1")}}), {});
  EXPECT_NE(messages(catalog).find("expected accelerators/NAME.yaml"), std::string::npos);
}

TEST(Catalog, CountsTheAcceleratorsOfACompositionInAnyOrder) {
  const auto catalog = load_catalog_from(
      files({{"data/accelerators/a1.yaml", card("a1")},
             {"data/systems/a-pod.yaml", machine("a-pod", "parts: [{ system: rack, count: 8 }]\n")},
             {"data/systems/box.yaml", machine("box", "accelerator: a1\naccelerators: 8\n")},
             {"data/systems/rack.yaml", machine("rack", "parts: [{ system: box, count: 4 }]\n")}}),
      {});
  ASSERT_TRUE(catalog) << messages(catalog);
  EXPECT_EQ(catalog->system("a-pod")->accelerators, 256);
}

TEST(Catalog, RefusesASystemInsideItself) {
  const auto catalog = load_catalog_from(
      files({{"data/systems/s1.yaml", machine("s1", "parts: [{ system: s2, count: 2 }]\n")},
             {"data/systems/s2.yaml", machine("s2", "parts: [{ system: s1, count: 2 }]\n")},
             {"data/systems/s3.yaml", machine("s3", "parts: [{ system: s3, count: 1 }]\n")},
             {"data/systems/s4.yaml", machine("s4", "parts: [{ system: s5, count: 1 }]\n")}}),
      {});
  const std::string text = messages(catalog);
  EXPECT_NE(text.find("s2.yaml:5:9: error: the system contains itself"), std::string::npos) << text;
  EXPECT_NE(text.find("s3.yaml:5:9: error: the system contains itself"), std::string::npos) << text;
  EXPECT_NE(text.find("unknown system 's5'"), std::string::npos) << text;
}

TEST(Catalog, RefusesASystemOfNothingAndOfBoth) {
  const auto catalog = load_catalog_from(
      files(
          {{"data/accelerators/a1.yaml", card("a1")},
           {"data/systems/s1.yaml", machine("s1", "")},
           {"data/systems/s2.yaml",
            machine("s2", "accelerator: a1\naccelerators: 2\nparts: [{ system: s1, count: 1 }]\n")},
           {"data/systems/s3.yaml", machine("s3", "accelerator: a1\n")}}),
      {});
  const std::string text = messages(catalog);
  EXPECT_NE(text.find("neither 'accelerator' nor 'parts'"), std::string::npos) << text;
  EXPECT_NE(text.find("both 'accelerator' and 'parts'"), std::string::npos) << text;
  EXPECT_NE(text.find("the number of accelerators is missing"), std::string::npos) << text;
}

TEST(Catalog, KeepsWrongValuesInPrintApart) {
  const auto catalog = load_catalog_from(
      files({{"data/accelerators/a1.yaml",
              card("a1",
                   "seen_in_print:\n  - { field: peak.fp8, value: 32 PFLOP/s, basis: sparse, "
                   "source: good, why: eight cards }\n")},
             {"data/accelerators/a2.yaml",
              card("a2",
                   "seen_in_print:\n  - { field: peak.fp9, value: 1, source: good, why: x }\n")}}),
      {});
  EXPECT_NE(messages(catalog).find("did you mean 'peak.fp8'"), std::string::npos)
      << messages(catalog);
}

TEST(ReadOverlay, SaysWhatIsWrongWithTheFolder) {
  const auto missing = read_overlay("/no/such/folder");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().front().kind, Error::Kind::kIo);
  EXPECT_FALSE(read_overlay(ASSAY_SOURCE_DIR "/src/base"));  // no catalog in it
}

TEST(ReadOverlay, ReadsTheRepositorysOwnData) {
  const auto overlay = read_overlay(ASSAY_SOURCE_DIR "/data");
  ASSERT_TRUE(overlay);
  EXPECT_TRUE(std::ranges::is_sorted(*overlay, {}, &CatalogFile::name));
  const auto catalog = load_catalog(*overlay);
  ASSERT_TRUE(catalog) << messages(catalog);
  EXPECT_EQ(catalog->accelerators.size(), load_catalog({})->accelerators.size());
}

TEST(Fields, HaveUniquePathsAndKnownGroups) {
  std::set<std::string_view> paths;
  for (const AcceleratorField& field : accelerator_fields()) {
    EXPECT_TRUE(paths.insert(field.path).second) << field.path;
    EXPECT_NE(field.path.find('.'), std::string_view::npos);
  }
  for (std::size_t i = 0; i < kPeakCount; ++i) {
    EXPECT_TRUE(paths.contains("peak." + std::string(name(static_cast<Peak>(i)))));
  }
}

}  // namespace
}  // namespace assay::catalog
