#include <span>

#include <nlohmann/json.hpp>

#include "plan/field_schema.h"
#include "plan/scenario_fields.h"
#include "plan/simulation_fields.h"

namespace assay::plan {

namespace {

using Json = nlohmann::ordered_json;

void add_to(Json& object, std::string_view key, const ScenarioField& field) {
  object["properties"][std::string{key}] = field_schema(field);
  if (field.need == document::Need::kRequired) object["required"].push_back(key);
}

Json new_object() {
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
}

// A sentence of the help of an option.
std::string sentence(std::string_view help) {
  std::string out{help};
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z') {
    out.front() = static_cast<char>(out.front() - 'a' + 'A');
  }
  return out + ".";
}

// The rest of what may be said of traffic, in the words of a simulated fleet.
void add_traffic(Json& traffic) {
  Json& properties = traffic["properties"];
  for (const SimulationField& field : kSimulationFields) {
    const std::string key{field.field.path};
    const bool refused = key == "concurrency" || key == "model" || key == "peak_to_trough" ||
                         key == "period" || key == "hours";
    if (field.part != SimulationPart::kTraffic || refused || properties.contains(key)) continue;
    ScenarioField said = field.field;
    const std::string help = sentence(said.help);
    said.help = help;
    if (key == "arrivals") said.choices = "poisson|gamma|constant|on-off";
    properties[key] = field_schema(said);
  }
  traffic.erase("required");
  const auto required = [](std::initializer_list<const char*> keys) {
    return Json{{"required", Json(keys)}};
  };
  traffic["anyOf"] = Json::array({required({"rate", "input_tokens", "output_tokens"}),
                                  required({"rate", "lengths"}), required({"trace"})});
}

// The fields of a table as an object with a mapping for each group.
Json object_of(std::span<const ScenarioField> fields) {
  Json root = new_object();
  for (const ScenarioField& field : fields) {
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
  return root;
}

}  // namespace

std::string scenario_schema() {
  Json serve = object_of(scenario_fields()), train = object_of(training_fields());
  add_traffic(serve["properties"]["traffic"]);
  // One batch, said one way or the other.
  train["properties"]["training"]["not"] = {{"required", {"batch", "batch_tokens"}}};
  Json root{{"$schema", "http://json-schema.org/draft-07/schema#"},
            {"$id", "assay/scenario.schema.json"},
            {"title", "Assay scenario"},
            {"description",
             "A question to `assay plan`. Quantities carry their unit: '300 ms', '10 /s'."},
            {"if", {{"required", {"kind"}}, {"properties", {{"kind", {{"const", "train"}}}}}}},
            {"then", std::move(train)},
            {"else", std::move(serve)}};
  return root.dump(2) + "\n";
}

}  // namespace assay::plan
