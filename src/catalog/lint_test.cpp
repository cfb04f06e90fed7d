#include "catalog/lint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "catalog/catalog.h"

namespace assay::catalog {
namespace {

Catalog catalog_of(const std::string& facts) {
  const std::vector<CatalogFile> files{
      {"sources.yaml",
       "good: { title: T, confidence: datasheet }\n"
       "assumed: { title: T, confidence: assumed }\n"},
      {"accelerators/a1.yaml", "id: a1\nname: A\nvendor: V\nfamily: f\n" + facts}};
  auto catalog = load_catalog_from(files, {});
  EXPECT_TRUE(catalog) << render(catalog.error().front());
  return *catalog;
}

// "rule field" of every finding that is no note.
std::string found(const std::string& facts) {
  std::string text;
  for (const Finding& finding : lint(catalog_of(facts))) {
    if (finding.severity != Severity::kNote) text += finding.rule + " " + finding.field + "\n";
  }
  return text;
}

TEST(Lint, TheBuiltInCatalogHasNoErrors) {
  const auto catalog = load_catalog({});
  ASSERT_TRUE(catalog);
  for (const Finding& finding : lint(*catalog)) {
    EXPECT_NE(finding.severity, Severity::kError)
        << render({.what = finding.rule + ": " + finding.what,
                   .expected = finding.expected,
                   .near = {},
                   .where = finding.where});
  }
}

TEST(Lint, NothingToSayAgainstItself) {
  const auto catalog = load_catalog({});
  ASSERT_TRUE(catalog);
  EXPECT_EQ(lint(*catalog).size(), lint(*catalog, &*catalog).size());
}

TEST(Lint, IsSortedByPlace) {
  const auto catalog = load_catalog({});
  ASSERT_TRUE(catalog);
  const auto findings = lint(*catalog);
  EXPECT_TRUE(std::ranges::is_sorted(findings, {}, [](const Finding& f) {
    return std::pair{f.where.file, f.where.line};
  }));
}

TEST(Lint, ADenseFigureThatIsAlsoTheSparseOne) {
  EXPECT_EQ(found("peak:\n  fp8:\n"
                  "    - { value: 3958 TFLOP/s, basis: dense, source: good }\n"
                  "    - { value: 3958 TFLOP/s, basis: sparse, source: good }\n"),
            "sparse-as-dense peak.fp8\n");
}

TEST(Lint, FourTimesTheRateOfTheWiderFormat) {
  EXPECT_EQ(found("peak:\n"
                  "  bf16: { value: 989 TFLOP/s, basis: dense, source: good }\n"
                  "  fp8: { value: 3958 TFLOP/s, basis: dense, source: good }\n"),
            "sparse-as-dense peak.fp8\n");
}

TEST(Lint, IntegersBesideAHalvedAccumulationAreRight) {
  EXPECT_EQ(found("peak:\n"
                  "  bf16: { value: 165 TFLOP/s, basis: dense, source: good }\n"
                  "  fp16:\n"
                  "    - { value: 165 TFLOP/s, basis: dense, source: good }\n"
                  "    - { value: 330 TFLOP/s, basis: 'dense, fp16 accumulate', source: good }\n"
                  "  int8: { value: 660 TOP/s, basis: dense, source: good }\n"),
            "");
}

TEST(Lint, ReadingsThatContradictEachOther) {
  EXPECT_EQ(found("memory:\n  bandwidth:\n"
                  "    - { value: 4.8 TB/s, source: good }\n"
                  "    - { value: 4.9 TB/s, source: good }\n"
                  "    - { value: 5.3 TB/s, source: good }\n"),
            "contradiction memory.bandwidth\n");
}

TEST(Lint, AnotherPrefix) {
  EXPECT_EQ(found("memory:\n"
                  "  type: { value: HBM3e, source: good }\n"
                  "  bandwidth: { value: 4.8 GB/s, source: good }\n"),
            "off-by-thousand memory.bandwidth\n");
}

TEST(Lint, LinksThatDoNotAddUp) {
  EXPECT_EQ(
      found("link:\n"
            "  bandwidth: { value: 392 GB/s, basis: 'both ways, aggregate', source: good }\n"
            "  count: { value: 7, source: good }\n"
            "  pair_bandwidth: { value: 28 GB/s, basis: 'both ways, per pair', source: good }\n"
            "  topology: { value: mesh, source: good }\n"),
      "two-bases link.bandwidth\n");
}

TEST(Lint, MoreTransistorsThanTheAreaHolds) {
  EXPECT_EQ(found("chip:\n"
                  "  transistors: { value: 208 billion, source: good }\n"
                  "  die_area: { value: 814 mm2, source: good }\n"),
            "die-as-module chip.die_area\n");
}

TEST(Lint, SparseRatesOnHardwareWithoutSparsity) {
  EXPECT_EQ(found("peak:\n"
                  "  fp16: { value: 100 TFLOP/s, basis: sparse, source: good }\n"
                  "  sparsity_2to4: { value: none, source: good }\n"),
            "contradiction peak.fp16\n");
}

TEST(Lint, AKnownWrongValueIsNotUsed) {
  EXPECT_EQ(found("board:\n  power: { value: 310 W, source: good }\n"
                  "seen_in_print:\n"
                  "  - { field: board.power, value: 310 W, source: good, why: a single die }\n"),
            "known-wrong board.power\n");
}

}  // namespace
}  // namespace assay::catalog
