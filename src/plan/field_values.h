// field_values.h — what one mapping of a file said, by the fields of a table, before it is bound to
// typed members. Every problem is reported at its place. Plain values that point into the document.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/bind.h"
#include "plan/scenario_fields.h"

namespace assay::plan {

struct FieldValues {
  std::map<std::string_view, std::string> text;
  std::map<std::string_view, std::vector<std::string>> texts;
  std::map<std::string_view, double> number;  // quantities in base units, booleans as 0 and 1
  std::map<std::string_view, const document::Node*> node;

  const document::Node* at(std::string_view path) const;  // null: not said
  std::string text_or(std::string_view path, const std::string& otherwise) const;
  double number_or(std::string_view path, double otherwise) const;
  std::optional<double> number_at(std::string_view path) const;  // nothing: not said, or wrong
};

// Reads one field of the table under `key` of the binder's mapping; it is kept by its path.
void take_field(document::Binder& binder, const ScenarioField& field, std::string_view key,
                FieldValues& values);

// The choices of a field, in the order of the table.
std::vector<std::string> choices_of(const ScenarioField& field);

}  // namespace assay::plan
