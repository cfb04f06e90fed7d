// search_test_support.h — real models on real servers for the tests of this room, loaded once.
// Fails the process when the built-in data do not load: every test would.
#pragma once

#include <string>
#include <string_view>

#include "base/assert.h"
#include "catalog/catalog.h"
#include "catalog/model_library.h"
#include "search/predict_serving.h"

namespace assay::search {

inline const catalog::Catalog& built_in_catalog() {
  static const auto loaded = catalog::load_catalog({});
  ASSAY_ASSERT(loaded.has_value());
  return *loaded;
}

inline ServingTables built_in_tables() {
  static const auto efficiency = catalog::load_efficiency();
  static const auto power = catalog::load_power();
  ASSAY_ASSERT(efficiency.has_value() && power.has_value());
  return {*efficiency, *power};
}

inline const catalog::LanguageModel& llama() {
  static const auto loaded = catalog::load_model("llama-3.1-8b");
  ASSAY_ASSERT(loaded.has_value());
  return *loaded;
}

inline const catalog::LanguageModel& deepseek() {
  static const auto loaded = catalog::load_model("deepseek-v3");
  ASSAY_ASSERT(loaded.has_value());
  return *loaded;
}

inline model::Hardware hardware_of(std::string_view accelerator, std::string_view system) {
  const catalog::Catalog& catalog = built_in_catalog();
  const auto hardware =
      model::resolve_hardware(catalog, *catalog.accelerator(accelerator), catalog.system(system));
  ASSAY_ASSERT(hardware.has_value());
  return *hardware;
}

inline const model::Hardware& h200() {
  static const model::Hardware hardware = hardware_of("h200", "hgx-h200");
  return hardware;
}

inline ServingSubject eight_h200(const catalog::LanguageModel& model) {
  return {model, h200(), built_in_catalog().system("hgx-h200"), 8};
}

inline simulate::ServingLoad fixed_batch(double batch) {
  simulate::ServingLoad load;
  load.kind = simulate::LoadKind::kFixedBatch;
  load.amount = batch;
  load.input_tokens = 1024;
  load.output_tokens = 256;
  return load;
}

}  // namespace assay::search
