#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/unit_text.h"
#include "plan/scenario_fields.h"

namespace assay::plan {

namespace {

using Json = nlohmann::ordered_json;

Json choice_schema(const ScenarioField& field) {
  Json values = Json::array();
  for (const std::string_view word : split(field.choices, ' ')) values.push_back(word);
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
      return {{"type", "string"}, {"pattern", "^[0-9.,eE+]+ ?[A-Za-z/$µ]+$"}};
    case FieldKind::kNumber:
      return {{"type", "number"}, {"minimum", field.range.low}, {"maximum", field.range.high}};
    case FieldKind::kWhole:
      return {{"type", "integer"}, {"minimum", field.range.low}};
  }
  return {};
}

Json described(const ScenarioField& field) {
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

void add_to(Json& object, std::string_view key, const ScenarioField& field) {
  object["properties"][std::string{key}] = described(field);
  if (field.need == document::Need::kRequired) object["required"].push_back(key);
}

Json new_object() {
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
}

}  // namespace

std::string scenario_schema() {
  Json root{{"$schema", "http://json-schema.org/draft-07/schema#"},
            {"$id", "assay/scenario.schema.json"},
            {"title", "Assay scenario"},
            {"description",
             "A question to `assay plan`. Quantities carry their unit: '300 ms', '10 /s'."}};
  root.update(new_object());
  for (const ScenarioField& field : scenario_fields()) {
    const std::size_t dot = field.path.find('.');
    if (dot == std::string_view::npos) {
      add_to(root, field.path, field);
      continue;
    }
    const std::string group{field.path.substr(0, dot)};
    Json& properties = root["properties"];
    if (!properties.contains(group)) {
      properties[group] = new_object();
      if (field.need == document::Need::kRequired) root["required"].push_back(group);
    }
    add_to(properties[group], field.path.substr(dot + 1), field);
  }
  return root.dump(2) + "\n";
}

}  // namespace assay::plan
