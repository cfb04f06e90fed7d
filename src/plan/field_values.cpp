#include "plan/field_values.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"

namespace assay::plan {

namespace {

using document::Binder;
using document::Node;

void take_choices(Binder& binder, const ScenarioField& field, std::string_view key,
                  FieldValues& values) {
  const std::vector<std::string> known = choices_of(field);
  values.texts[field.path] = binder.take_texts(key, field.need);
  for (const std::string& word : values.texts[field.path]) {
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    binder.fail(*values.at(field.path), fmt::format("'{}' is no choice of '{}'", word, key),
                one_of(known), nearest(word, known));
  }
}

}  // namespace

const Node* FieldValues::at(std::string_view path) const {
  const auto found = node.find(path);
  return found == node.end() ? nullptr : found->second;
}

std::string FieldValues::text_or(std::string_view path, const std::string& otherwise) const {
  const auto found = text.find(path);
  return found == text.end() ? otherwise : found->second;
}

std::optional<double> FieldValues::number_at(std::string_view path) const {
  const auto found = number.find(path);
  return found == number.end() ? std::nullopt : std::optional{found->second};
}

double FieldValues::number_or(std::string_view path, double otherwise) const {
  return number_at(path).value_or(otherwise);
}

std::vector<std::string> choices_of(const ScenarioField& field) {
  std::vector<std::string> out;
  const char separator = field.choices.find('|') == std::string_view::npos ? ' ' : '|';
  for (const std::string_view word : split(field.choices, separator)) out.emplace_back(word);
  return out;
}

void take_field(Binder& binder, const ScenarioField& field, std::string_view key,
                FieldValues& values) {
  const Node* node = binder.node().find(key);
  if (node != nullptr) values.node[field.path] = node;
  std::optional<double> number;
  std::optional<std::string> text;
  switch (field.kind) {
    case FieldKind::kText:
      text = binder.take_text(key, field.need);
      break;
    case FieldKind::kChoice:
      text = binder.take_choice(key, field.need, choices_of(field));
      break;
    case FieldKind::kTexts:
      values.texts[field.path] = binder.take_texts(key, field.need);
      break;
    case FieldKind::kChoices:
      take_choices(binder, field, key, values);
      break;
    case FieldKind::kQuantity:
      number = binder.take_quantity_base(key, field.need, field.dim, field.range);
      break;
    case FieldKind::kNumber:
      number = binder.take_number(key, field.need, field.range);
      break;
    case FieldKind::kWhole:
      if (const auto whole = binder.take_int(key, field.need, field.range)) {
        number = static_cast<double>(*whole);
      }
      break;
    case FieldKind::kBool:
      if (const auto yes = binder.take_bool(key, field.need)) number = *yes ? 1 : 0;
      break;
  }
  if (text) values.text[field.path] = *text;
  if (number) values.number[field.path] = *number;
}

}  // namespace assay::plan
