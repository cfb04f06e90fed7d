// plan_inputs.h — what `assay plan` reads before it plans, of serving and of training alike, and
// how an answer is kept in a file. All errors at their places.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/language_model.h"
#include "document/node.h"
#include "market/offer_book.h"
#include "plan/scenario_parts.h"
#include "present/commands.h"

namespace assay::present {

struct ScenarioFile {
  document::Document document;
  std::string text;  // with what --set added: it belongs to the scenario's hash
  Errors errors;     // of --set
};
Checked<ScenarioFile> load_scenario_file(const PlanOptions& options);

void append(Errors& errors, const Errors& more);

// Errors belong to the scenario's line that names their thing, unless they have a place of their
// own.
Errors placed(Errors errors, const std::optional<Where>& where);

Checked<catalog::LanguageModel> load_named_model(const std::string& name, const Where& where);

std::vector<market::OfferBook> load_books(const plan::OfferChoice& offers,
                                          const catalog::Catalog& catalog, Errors& errors);

// True when FILE holds the whole text; a half-written file is removed by nobody, so it is said.
bool save(const Context& context, const std::string& path, const std::string& text);

// The plan of a training run; `file` says that it is one.
int plan_training(const Context& context, const PlanOptions& options,
                  const catalog::Catalog& catalog, ScenarioFile file);

}  // namespace assay::present
