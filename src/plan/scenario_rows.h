// scenario_rows.h — how a row of a scenario's table is written, and the rows that every kind of
// scenario has: what is planned, from whose offers, on which accelerators. Constexpr.
#pragma once

#include <string_view>

#include "plan/scenario_fields.h"

namespace assay::plan::scenario_table {

using document::Need;
using document::Range;
using enum FieldKind;

inline constexpr Range kNone{0, 0};

constexpr ScenarioField text(std::string_view path, Need need, std::string_view otherwise,
                             std::string_view example, std::string_view help) {
  return {path, kText, Dim{}, kNone, "", need, otherwise, example, help};
}

constexpr ScenarioField texts(std::string_view path, std::string_view otherwise,
                              std::string_view example, std::string_view help) {
  return {path, kTexts, Dim{}, kNone, "", Need::kOptional, otherwise, example, help};
}

constexpr ScenarioField quantity(std::string_view path, Dim dim, Range range, Need need,
                                 std::string_view otherwise, std::string_view example,
                                 std::string_view help) {
  return {path, kQuantity, dim, range, "", need, otherwise, example, help};
}

constexpr ScenarioField whole(std::string_view path, Range range, std::string_view otherwise,
                              std::string_view example, std::string_view help) {
  return {path, kWhole, Dim{}, range, "", Need::kOptional, otherwise, example, help};
}

constexpr ScenarioField number(std::string_view path, Range range, std::string_view otherwise,
                               std::string_view example, std::string_view help) {
  return {path, kNumber, Dim{}, range, "", Need::kOptional, otherwise, example, help};
}

constexpr ScenarioField choices(std::string_view path, std::string_view known,
                                std::string_view otherwise, std::string_view example,
                                std::string_view help) {
  return {path, kChoices, Dim{}, kNone, known, Need::kOptional, otherwise, example, help};
}

constexpr ScenarioField kind_of_plan(std::string_view example) {
  return {"kind", kChoice,       Dim{},
          kNone,  "serve train", Need::kRequired,
          "",     example,       "What is planned: serving, or a training run."};
}

inline constexpr ScenarioField kName =
    text("name", Need::kOptional, "", "chat", "A name for the answer's first line.");
inline constexpr ScenarioField kModel =
    text("model", Need::kRequired, "", "llama-3.1-70b",
         "A name of `assay models`, or the path of a Hugging Face config.json.");
inline constexpr ScenarioField kBooks =
    texts("offers.books", "article", "[article]", "Built-in price lists, see `assay offers`.");
inline constexpr ScenarioField kFiles = texts(
    "offers.files", "", "[my-offers.yaml]", "Price lists of your own: YAML or SkyPilot-style CSV.");
inline constexpr ScenarioField kKinds =
    choices("offers.kinds", "on-demand reserved spot community serverless", "[on-demand, reserved]",
            "[on-demand]", "Kinds of offers to consider.");
inline constexpr ScenarioField kInclude =
    texts("constraints.include", "", "[h100, 'mi3*']", "Accelerators to consider: ids or globs.");
inline constexpr ScenarioField kExclude =
    texts("constraints.exclude", "", "['rtx-*']", "Accelerators to leave out: ids or globs.");
inline constexpr ScenarioField kRegions = texts(
    "constraints.regions", "", "[us-east]", "Regions to rent in, as the offers name them; globs.");
inline constexpr ScenarioField kDomesticOnly{
    "constraints.domestic_only",
    kBool,
    Dim{},
    kNone,
    "",
    Need::kOptional,
    "",
    "true",
    "Only accelerators eligible for domestic procurement in China; false if not said."};

}  // namespace assay::plan::scenario_table
