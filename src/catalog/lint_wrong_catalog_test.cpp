// Every defect of tests/data/wrong_catalog is found, by the rule and at the field that its list
// names.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/lint.h"
#include "document/read.h"
#include "document/table.h"

namespace assay::catalog {
namespace {

const std::string kFolder = ASSAY_SOURCE_DIR "/tests/data/wrong_catalog/";

struct Expected {
  std::string file, field, rule;
};
using Cases = std::map<std::string, std::vector<Expected>>;

Cases read_cases() {
  const auto text = document::read_text(kFolder + "expected.csv");
  if (!text) return {};
  const auto table = document::read_csv("expected.csv", *text);
  if (!table) return {};
  Cases cases;
  for (const document::Row& row : table->rows) {
    cases[row.cells.at(0)].push_back({row.cells.at(1), row.cells.at(2), row.cells.at(3)});
  }
  return cases;
}

// What is refused on loading has no rule; its message says the same.
struct LoadRule {
  std::string_view rule, message;
  bool names_field{};
};
constexpr std::array kLoadRules{
    LoadRule{"basis-missing", "does not say", true},
    LoadRule{"no-source", "'source' is missing", true},
    LoadRule{"no-source", "unknown source", true},
    LoadRule{"duplicate-name", "is taken by", false},
    LoadRule{"unknown-id", "unknown system", false},
    LoadRule{"unknown-id", "unknown accelerator", false},
};

bool says(const Error& error, const Expected& expected) {
  return std::ranges::any_of(kLoadRules, [&](const LoadRule& known) {
    return known.rule == expected.rule && error.what.find(known.message) != std::string::npos &&
           error.where && error.where->file.ends_with(expected.file) &&
           (!known.names_field || error.what.find(expected.field) != std::string::npos);
  });
}

bool says(const Finding& finding, const Expected& expected) {
  return finding.rule == expected.rule && finding.field == expected.field &&
         finding.severity != Severity::kNote && finding.where.file.ends_with(expected.file);
}

std::string listed(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    if (!finding.where.file.starts_with("data/")) {
      text += "  " + finding.rule + " at " + finding.field + ": " + finding.what + "\n";
    }
  }
  return text;
}

class WrongCatalog : public testing::TestWithParam<std::string> {};

TEST_P(WrongCatalog, EveryDefectIsFoundByItsRule) {
  const auto overlay = read_overlay(kFolder + GetParam());
  ASSERT_TRUE(overlay) << render(overlay.error().front());
  const auto built_in = load_catalog({});
  ASSERT_TRUE(built_in) << render(built_in.error().front());
  const auto catalog = load_catalog(*overlay);
  const Errors errors = catalog ? Errors{} : catalog.error();
  const auto findings = catalog ? lint(*catalog, &*built_in) : std::vector<Finding>{};
  std::string loaded = listed(findings);
  for (const Error& error : errors) loaded += "  " + render(error) + "\n";
  const Cases cases = read_cases();
  for (const Expected& expected : cases.at(GetParam())) {
    auto matches = [&](const auto& found) { return says(found, expected); };
    EXPECT_TRUE(std::ranges::any_of(findings, matches) || std::ranges::any_of(errors, matches))
        << expected.rule << " at " << expected.field << " was not found; found:\n"
        << loaded;
  }
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& [name, expected] : read_cases()) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Cases, WrongCatalog, testing::ValuesIn(case_names()),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(WrongCatalogFolder, HasCases) { EXPECT_GE(read_cases().size(), 40u); }

}  // namespace
}  // namespace assay::catalog
