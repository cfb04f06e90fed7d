#include "plan/field_schema.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/unit_text.h"
#include "plan/field_values.h"

namespace assay::plan {

namespace {

using Json = nlohmann::ordered_json;

Json choice_schema(const ScenarioField& field) {
  Json values = Json::array();
  for (const std::string& word : choices_of(field)) values.push_back(word);
  return {{"enum", values}};
}

Json one_or_many(Json item) {
  Json list{{"type", "array"}, {"items", item}};
  return {{"anyOf", Json::array({std::move(item), std::move(list)})}};
}

Json value_schema(const ScenarioField& field) {
  switch (field.kind) {
    case FieldKind::kText:
      return {{"type", "string"}, {"minLength", 1}};
    case FieldKind::kTexts:
      return one_or_many({{"type", "string"}, {"minLength", 1}});
    case FieldKind::kChoice:
      return choice_schema(field);
    case FieldKind::kChoices:
      return one_or_many(choice_schema(field));
    case FieldKind::kBool:
      return {{"type", "boolean"}};
    case FieldKind::kQuantity:
      if (field.dim == Dim{}) return {{"type", Json::array({"number", "string"})}};
      return {{"type", "string"}, {"pattern", "^[0-9.,eE+]+ ?[A-Za-z/$µ]+$"}};
    case FieldKind::kNumber:
      return {{"type", "number"}, {"minimum", field.range.low}, {"maximum", field.range.high}};
    case FieldKind::kWhole:
      return {{"type", "integer"}, {"minimum", field.range.low}};
  }
  return {};
}

}  // namespace

Json field_schema(const ScenarioField& field) {
  Json schema = value_schema(field);
  std::string help{field.help};
  if (field.kind == FieldKind::kQuantity) help += fmt::format(" Write {}.", describe(field.dim));
  schema["description"] = help;
  if (!field.otherwise.empty()) schema["default"] = field.otherwise;
  const bool one_word = field.kind == FieldKind::kText || field.kind == FieldKind::kChoice;
  if (one_word || field.kind == FieldKind::kQuantity)
    schema["examples"] = Json::array({field.example});
  return schema;
}

}  // namespace assay::plan
