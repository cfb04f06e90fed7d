// schemas/accelerator.schema.json and system.schema.json against the tables of fields, and the
// built-in files against both. The schema is for editors; the tables are what the program reads.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <set>
#include <string>
#include <string_view>

#include "catalog/accelerator.h"
#include "catalog/embedded.h"
#include "catalog/system.h"
#include "document/read.h"

namespace assay::catalog {
namespace {

using document::Node;
using nlohmann::json;

json schema_json(const std::string& name) {
  const auto text = embedded_file("schemas/" + name + ".schema.json");
  return text ? json::parse(*text, nullptr, false) : json{};
}

// "memory.bandwidth" of every property that is itself in a group.
std::set<std::string> paths_in(const json& schema) {
  std::set<std::string> paths;
  for (const auto& [group, value] : schema.at("properties").items()) {
    if (!value.contains("properties")) continue;
    for (const auto& [key, field] : value.at("properties").items()) paths.insert(group + "." + key);
  }
  return paths;
}

template <class Fields>
std::set<std::string> paths_of(const Fields& fields) {
  std::set<std::string> paths;
  for (const auto& field : fields) paths.emplace(field.path);
  return paths;
}

json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return nullptr;
    case Node::Kind::kBool:
      return node.boolean;
    case Node::Kind::kNumber:
      return json::parse(node.text, nullptr, false);
    case Node::Kind::kString:
      return node.text;
    case Node::Kind::kSequence: {
      json items = json::array();
      for (const Node& item : node.items) items.push_back(to_json(item));
      return items;
    }
    case Node::Kind::kMapping: {
      json members = json::object();
      for (const document::Member& member : node.members) {
        members[member.key] = to_json(member.value);
      }
      return members;
    }
  }
  return nullptr;
}

std::string complaints(const valijson::Schema& schema, const EmbeddedFile& file) {
  const auto document = document::read_document(std::string(file.path), file.bytes);
  if (!document) return "not readable";
  const json target = to_json(document->root);
  valijson::Validator validator;
  valijson::ValidationResults results;
  validator.validate(schema, valijson::adapters::NlohmannJsonAdapter{target}, &results);
  std::string lines;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) lines += error.description + "\n";
  return lines;
}

void expect_valid(const std::string& name, const std::string& prefix) {
  const json text = schema_json(name);
  valijson::Schema schema;
  valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter{text}, schema);
  std::size_t count = 0;
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.path.starts_with(prefix)) continue;
    EXPECT_EQ(complaints(schema, file), "") << file.path;
    ++count;
  }
  EXPECT_GE(count, 1u);
}

TEST(CatalogSchema, HasTheFieldsOfTheTables) {
  EXPECT_EQ(paths_in(schema_json("accelerator")), paths_of(accelerator_fields()));
  EXPECT_EQ(paths_in(schema_json("system")), paths_of(system_fields()));
}

TEST(CatalogSchema, AcceptsTheBuiltInAccelerators) {
  expect_valid("accelerator", "data/accelerators/");
}

TEST(CatalogSchema, AcceptsTheBuiltInSystems) { expect_valid("system", "data/systems/"); }

TEST(CatalogSchema, AcceptsTheBuiltInSources) { expect_valid("sources", "data/sources.yaml"); }

}  // namespace
}  // namespace assay::catalog
