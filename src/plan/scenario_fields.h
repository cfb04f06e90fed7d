// scenario_fields.h — the tables of what a scenario file may say, one a kind of scenario: key,
// kind, unit, range, default, help. Rows that both have are the same (scenario_rows.h).
// Parser, schemas/scenario.schema.json and `assay init` come from them. Constexpr.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/quantity.h"
#include "document/bind.h"

namespace assay::plan {

enum class FieldKind : std::uint8_t {
  kText,
  kTexts,
  kChoice,
  kChoices,
  kQuantity,
  kNumber,
  kWhole,
  kBool
};

struct ScenarioField {
  std::string_view path;  // "traffic.rate"
  FieldKind kind;
  Dim dim;                   // kQuantity
  document::Range range;     // kQuantity: base units; kNumber, kWhole: the number
  std::string_view choices;  // kChoice, kChoices: separated by blanks
  document::Need need;
  std::string_view otherwise;  // the default, as it would be written; empty: nothing is assumed
  std::string_view example;
  std::string_view help;
};

std::span<const ScenarioField> scenario_fields();  // kind: serve
std::span<const ScenarioField> training_fields();  // kind: train

// JSON Schema, draft-07, of a scenario file; schemas/scenario.schema.json is this text.
std::string scenario_schema();

}  // namespace assay::plan
