// schemas/offers.schema.json against what the reader accepts and refuses.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <string>
#include <string_view>

#include "catalog/embedded.h"
#include "document/read.h"
#include "market/market_test_support.h"
#include "market/offer_book.h"

namespace assay::market {
namespace {

using document::Node;
using nlohmann::json;

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

// What the schema says against a text, one line a complaint; "" when it is valid.
std::string complaints(std::string_view text) {
  static const json schema_text =
      json::parse(catalog::embedded_file("schemas/offers.schema.json").value());
  valijson::Schema schema;
  valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter{schema_text}, schema);
  const auto document = document::read_document("test.yaml", text);
  EXPECT_TRUE(document) << text;
  const json target = to_json(document->root);
  valijson::Validator validator;
  valijson::ValidationResults results;
  validator.validate(schema, valijson::adapters::NlohmannJsonAdapter{target}, &results);
  std::string lines;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) lines += error.description + "\n";
  return lines;
}

std::string offer_with(std::string_view fields) {
  return "title: t\noffers:\n  - { id: a, accelerator: h100, unit: card, kind: spot, " +
         std::string{fields} + " }\n";
}

TEST(OffersSchema, AcceptsTheBuiltInLists) {
  std::size_t lists = 0;
  for (const catalog::EmbeddedFile& file : catalog::embedded_files()) {
    const bool names = file.path == "data/offers/names.yaml";
    if (!file.path.starts_with("data/offers/") || !file.path.ends_with(".yaml") || names) continue;
    EXPECT_EQ(complaints(file.bytes), "") << file.path;
    ++lists;
  }
  EXPECT_GE(lists, 1U);
}

TEST(OffersSchema, AcceptsWhatTheReaderAccepts) {
  for (const char* fields : {
           "price: 2.35 USD/hour",
           "price: 1e4 USD / year, term: 3 years, lot: 4, units: 8, name: 4090, date: 2026-08",
           "price: 9200 USD/month, seller: s, region: r, zone: z, instance: i, source: x, note: n, "
           "assumed: a, date: 2026-08-22, accelerators: 1",
       }) {
    EXPECT_EQ(complaints(offer_with(fields)), "") << fields;
    const auto book = read_offers("t.yaml", offer_with(fields), built_in_catalog());
    EXPECT_TRUE(book) << messages(book);
  }
}

TEST(OffersSchema, RefusesWhatTheReaderRefuses) {
  for (const char* fields : {"price: 9200", "price: 9200 CNY/month", "price: 9200 USD/week",
                             "price: 1 USD/hour, lot: 0", "price: 1 USD/hour, lots: 1",
                             "price: 1 USD/hour, term: 3", "price: 1 USD/hour, date: 22.08.2026"}) {
    EXPECT_NE(complaints(offer_with(fields)), "") << fields;
    EXPECT_FALSE(read_offers("t.yaml", offer_with(fields), built_in_catalog())) << fields;
  }
  EXPECT_NE(complaints("title: t\noffers: []\n"), "");
  EXPECT_NE(complaints("offers: [{ id: a }]\n"), "");
}

}  // namespace
}  // namespace assay::market
