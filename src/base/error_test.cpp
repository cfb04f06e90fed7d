#include "base/error.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

Error at(std::string file, int line, int column, std::string what) {
  return {.what = std::move(what),
          .expected = "",
          .near = {},
          .where = Where{std::move(file), line, column}};
}

TEST(Error, SaysWhereWhatExpectedAndNear) {
  const Error error{.what = "unknown accelerator 'H2OO'",
                    .expected = "an id of the catalog",
                    .near = {"h200", "h20"},
                    .where = Where{"scenario.yaml", 22, 9}};
  EXPECT_EQ(render(error),
            "scenario.yaml:22:9: error: unknown accelerator 'H2OO'; expected an id of the catalog "
            "(did you mean 'h200'?)");
}

TEST(Error, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(render(at("a.yaml", 0, 0, "is empty")), "a.yaml: error: is empty");
  EXPECT_EQ(render(at("a.yaml", 3, 0, "is odd")), "a.yaml:3: error: is odd");
  EXPECT_EQ(render(at("", 0, 0, "no place")), "error: no place");
  EXPECT_EQ(render({.what = "no place", .expected = "", .near = {}, .where = {}}),
            "error: no place");
}

TEST(Error, SortsByFileLineAndColumn) {
  Errors errors{at("b", 1, 1, "5"),
                at("a", 10, 1, "4"),
                at("a", 2, 9, "3"),
                at("a", 2, 1, "2"),
                {.what = "1", .expected = "", .near = {}, .where = {}}};
  sort_by_place(errors);
  std::string order;
  for (const Error& error : errors) order += error.what;
  EXPECT_EQ(order, "12345");
}

TEST(Error, KeepsTheOrderOfEqualPlaces) {
  Errors errors{at("a", 1, 1, "first"), at("a", 1, 1, "second")};
  sort_by_place(errors);
  EXPECT_EQ(errors.front().what, "first");
}

}  // namespace
}  // namespace assay
