#include "present/plan_chain.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace assay::present {
namespace {

using document::Document;
using document::Node;

constexpr std::string_view kSchemas[] = {"assay.plan/1", "assay.plan.train/1"};

Error wrong(const Document& saved, const Node& node, std::string what, std::string expected) {
  return {.what = std::move(what),
          .expected = std::move(expected),
          .near = {},
          .where = saved.where(node.mark)};
}

// A text member; an error where it is missing or something else.
std::string take(const Document& saved, const Node& node, std::string_view key, Errors& errors) {
  const Node* found = node.find(key);
  if (found != nullptr && found->is_scalar()) return found->text;
  errors.push_back(wrong(saved, node, "'" + std::string{key} + "' is missing", "text"));
  return {};
}

model::UsedFact read_input(const Document& saved, const Node& node, Errors& errors) {
  model::UsedFact fact{.figure = take(saved, node, "figure", errors),
                       .value = take(saved, node, "value", errors),
                       .basis = take(saved, node, "basis", errors),
                       .source = take(saved, node, "source", errors),
                       .confidence = {}};
  const auto confidence = catalog::parse_confidence(take(saved, node, "confidence", errors));
  if (confidence) fact.confidence = *confidence;
  else errors.push_back(wrong(saved, node, confidence.error().what, confidence.error().expected));
  return fact;
}

}  // namespace

bool is_plan(const Document& document) {
  const Node* schema = document.root.find("schema");
  return schema != nullptr &&
         std::find(std::begin(kSchemas), std::end(kSchemas), schema->text) != std::end(kSchemas);
}

Checked<std::vector<plan::Figure>> read_chains(const Document& saved) {
  Errors errors;
  std::vector<plan::Figure> figures;
  const Node* explain = saved.root.find("explain");
  if (explain == nullptr || !explain->is(Node::Kind::kMapping)) {
    return tl::unexpected(Errors{wrong(saved, saved.root, "the plan explains no figure",
                                       "'explain', as assay plan --save writes it")});
  }
  for (const document::Member& member : explain->members) {
    plan::Figure figure{.key = member.key,
                        .value = take(saved, member.value, "value", errors),
                        .formula = take(saved, member.value, "formula", errors),
                        .section = take(saved, member.value, "section", errors),
                        .inputs = {}};
    const Node* inputs = member.value.find("inputs");
    if (inputs == nullptr || !inputs->is(Node::Kind::kSequence)) {
      errors.push_back(wrong(saved, member.value, "'inputs' is missing", "a list"));
    } else {
      for (const Node& node : inputs->items) {
        figure.inputs.push_back(read_input(saved, node, errors));
      }
    }
    figures.push_back(std::move(figure));
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return figures;
}

}  // namespace assay::present
