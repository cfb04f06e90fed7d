#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "plan/field_schema.h"
#include "plan/simulation_fields.h"

namespace assay::plan {

namespace {

using Json = nlohmann::ordered_json;

// The help of an option is no sentence; a description in a schema is.
std::string sentence(std::string_view help) {
  std::string out{help};
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z') {
    out.front() = static_cast<char>(out.front() - 'a' + 'A');
  }
  return out + ".";
}

Json object_of(SimulationPart part) {
  Json object{{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  for (const SimulationField& field : kSimulationFields) {
    if (field.part != part) continue;
    ScenarioField said = field.field;
    const std::string help = sentence(said.help);
    said.help = help;
    Json schema = field_schema(said);
    if (!field.flag.empty()) schema["$comment"] = "option " + std::string{field.flag};
    object["properties"][std::string{field.field.path}] = std::move(schema);
  }
  return object;
}

}  // namespace

std::string simulation_schema() {
  Json root{{"$schema", "http://json-schema.org/draft-07/schema#"},
            {"$id", "assay/simulation.schema.json"},
            {"title", "Assay fleet to simulate"},
            {"description",
             "A question to `assay simulate`. Quantities carry their unit: '300 ms', '10 /s'."}};
  root.update(object_of(SimulationPart::kTop));
  root["required"] = {"pools", "traffic"};
  Json traffic = object_of(SimulationPart::kTraffic);
  Json& properties = root["properties"];
  properties["pools"] = {
      {"type", "array"}, {"minItems", 1}, {"items", object_of(SimulationPart::kPool)}};
  properties["pools"]["items"]["required"] = Json::array({"accelerator"});
  Json list{{"type", "array"}, {"minItems", 1}, {"items", traffic}};
  properties["traffic"] = {{"anyOf", Json::array({std::move(traffic), std::move(list)})}};
  properties["goals"] = object_of(SimulationPart::kGoals);
  return root.dump(2) + "\n";
}

}  // namespace assay::plan
