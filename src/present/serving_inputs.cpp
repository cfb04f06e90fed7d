#include "present/serving_inputs.h"

#include <utility>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "catalog/model_library.h"

namespace assay::present {
namespace {

template <class T>
void take(Checked<T> read, T& into, Errors& errors) {
  if (read) into = std::move(*read);
  else errors.insert(errors.end(), read.error().begin(), read.error().end());
}

constexpr std::string_view kAll = "all";

// "all:8" → "h200:8" for each accelerator of the catalog.
std::vector<std::string> names_of(const catalog::Catalog& catalog, const std::string& text) {
  std::vector<std::string> names;
  for (const catalog::Accelerator& accelerator : catalog.accelerators) {
    names.push_back(accelerator.id + text.substr(kAll.size()));
  }
  return names;
}

std::vector<std::string> engine_names(const catalog::EfficiencyTable& table) {
  std::vector<std::string> names;
  for (const catalog::EngineOverhead& engine : table.engines) {
    if (engine.engine != "unknown") names.push_back(engine.engine);
  }
  return names;
}

void check_engine(const catalog::EfficiencyTable& table, const std::string& engine,
                  Errors& errors) {
  if (table.engines.empty() || table.knows_engine(engine)) return;
  const std::vector<std::string> known = engine_names(table);
  errors.push_back({.what = fmt::format("unknown engine '{}'", excerpt(engine)),
                    .expected = one_of(known),
                    .near = nearest(engine, known, 1),
                    .where = {}});
}

}  // namespace

Checked<ServingInputs> read_serving_inputs(const catalog::Catalog& catalog,
                                           const std::string& model, const std::string& accelerator,
                                           const std::string& engine, bool may_be_all) {
  ServingInputs inputs;
  Errors errors;
  const std::string lower = to_lower(accelerator);
  const bool all = may_be_all && (lower == kAll || lower.starts_with("all:"));
  std::vector<plan::CompareSubject> subjects;
  take(plan::read_subjects(catalog,
                           all ? names_of(catalog, lower) : std::vector<std::string>{accelerator}),
       subjects, errors);
  if (all && !errors.empty()) {  // the count is wrong for every one of them
    errors.resize(1);
    errors.front().what = fmt::format("'{}' has no count after its colon", excerpt(accelerator));
  }
  take(catalog::load_model(model), inputs.model, errors);
  take(catalog::load_efficiency(), inputs.efficiency, errors);
  take(catalog::load_power(), inputs.power, errors);
  check_engine(inputs.efficiency, engine, errors);
  for (const plan::CompareSubject& subject : subjects) {
    auto hardware = model::resolve_hardware(catalog, *subject.accelerator, subject.system);
    if (hardware) {
      inputs.subjects.push_back(subject);
      inputs.hardware.push_back(std::move(*hardware));
    } else if (all) {
      inputs.unknown.push_back(hardware.error().what);
    } else if (errors.empty()) {  // infeasible: only where all that was typed is right
      errors.push_back(hardware.error());
    }
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return inputs;
}

}  // namespace assay::present
