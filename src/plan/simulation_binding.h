// simulation_binding.h — the parts of a simulated fleet's file, each bound by one function;
// internal to read_simulation().
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "document/bind.h"
#include "plan/field_values.h"
#include "plan/simulation.h"
#include "plan/simulation_fields.h"

namespace assay::plan {

// One mapping of a part, and where to report what is wrong in it.
struct PartValues {
  const document::Document& document;
  const document::Node& node;
  Errors& errors;
  FieldValues values{};

  bool said(std::string_view key) const { return values.at(key) != nullptr; }
  // At the value of `key`.
  void fail(std::string_view key, std::string what, std::string expected) const;
  // The first of `keys` that was said, or empty.
  std::string_view first_of(std::initializer_list<std::string_view> keys) const;
  std::optional<Where> where(std::string_view key) const;
  std::optional<Seconds> seconds(std::string_view key) const;
};

// All fields of the table that belong to `part`.
PartValues take_part(const document::Document& document, const document::Node& node,
                     SimulationPart part, Errors& errors, const std::string& subject);

// Fills traffic, concurrency; Simulation::models, file and seed are there.
void bind_traffic(PartValues part, Simulation& simulation);

// Models and engines that nobody knows; what is wrong in a config.json.
void check_names(const Simulation& simulation, Errors& errors);

// Files are named from the folder of the file that names them.
std::string beside_file(const std::string& file, const std::string& path);
// An id, or the path of a config.json.
std::string model_beside(const std::string& file, const std::string& model);

}  // namespace assay::plan
