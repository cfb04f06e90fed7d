// plan_command.cpp — `assay plan`: reads the scenario and what it names, plans, prints.
#include <fstream>
#include <ostream>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/hash.h"
#include "catalog/model_library.h"
#include "document/override.h"
#include "document/read.h"
#include "market/offer_book.h"
#include "plan/plan.h"
#include "plan/scenario.h"
#include "present/commands.h"
#include "present/plan_json.h"
#include "present/plan_text.h"
#include "present/progress.h"

namespace assay::present {

namespace {

constexpr int kExitInfeasible = 4;
constexpr int kExitIo = 5;
constexpr std::string_view kNothing = "planned";

void append(Errors& errors, const Errors& more) {
  errors.insert(errors.end(), more.begin(), more.end());
}

Checked<plan::Scenario> load_scenario(const PlanOptions& options, const catalog::Catalog& catalog) {
  auto text = document::read_text(options.scenario);
  if (!text) return tl::unexpected(Errors{text.error()});
  auto document = document::read_document(options.scenario, *text);
  if (!document) return tl::unexpected(document.error());
  Errors errors;
  for (const std::string& assignment : options.sets) {
    if (const auto set = document::override_value(*document, assignment); !set)
      errors.push_back(set.error());
    *text += "\n" + assignment;  // what was set belongs to the scenario's hash
  }
  auto scenario = plan::read_scenario(*document, *text, catalog);
  if (!scenario) append(errors, scenario.error());
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return scenario;
}

// Errors belong to the scenario's line that names their thing, unless they have a place of their
// own.
Errors placed(Errors errors, const std::optional<Where>& where) {
  for (Error& error : errors) {
    if (!error.where) error.where = where;
  }
  return errors;
}

Checked<catalog::LanguageModel> load_named_model(const plan::Scenario& scenario) {
  auto model = catalog::load_model(scenario.model);
  if (model) return model;
  return tl::unexpected(placed(model.error(), scenario.model_where));
}

std::vector<market::OfferBook> load_books(const plan::Scenario& scenario,
                                          const catalog::Catalog& catalog, Errors& errors) {
  std::vector<market::OfferBook> books;
  const auto keep = [&](Checked<market::OfferBook> book) {
    if (book) books.push_back(std::move(*book));
    else append(errors, book.error());
  };
  for (const std::string& id : scenario.books) keep(market::load_book(id, catalog));
  for (const std::string& file : scenario.files) {
    const auto text = document::read_text(file, document::kTextBytesMax);
    if (text) keep(market::read_offers(file, *text, catalog));
    else errors.push_back(text.error());
  }
  return books;
}

// True when FILE holds the whole text; a half-written file is removed by nobody, so it is said.
bool save(const Context& context, const std::string& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << text;
  if (file.flush()) return true;
  context.streams.err << fmt::format("{}: error: cannot be written\n", path);
  return false;
}

}  // namespace

int plan_command(const Context& context, const PlanOptions& options) {
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  const auto scenario = load_scenario(options, loaded.catalog);
  if (!scenario) return report_errors(context, scenario.error(), kNothing);

  Errors errors;
  const auto model = load_named_model(*scenario);
  if (!model) append(errors, model.error());
  const std::vector<market::OfferBook> books = load_books(*scenario, loaded.catalog, errors);
  const auto efficiency = catalog::load_efficiency();
  if (!efficiency) append(errors, efficiency.error());
  plan::Scenario asked = *scenario;
  auto traffic = plan::open_demand(asked.traffic, asked.demand);
  if (!traffic) append(errors, placed(traffic.error(), asked.traffic_where));
  if (!errors.empty()) return report_errors(context, std::move(errors), kNothing);

  Progress progress{context.streams.err, context.streams.err_is_tty, context.seconds};
  progress.update("planning");
  const int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const auto simulated = [&progress](int layouts) {
    progress.update(fmt::format("simulated {} layouts", layouts));
  };
  const plan::Plan plan = plan::make_plan(
      asked, {loaded.catalog, *efficiency, books, *model, *traffic, jobs, simulated});
  progress.finish();

  const bool as_json = context.common.format == OutputFormat::kJson;
  const bool wanted = as_json || !options.report.empty();
  const std::string json = wanted ? plan_json(plan, *efficiency) : std::string{};
  if (!options.report.empty() && !save(context, options.report, json)) return kExitIo;
  context.streams.out << (as_json ? json : plan_text(plan, context.common, options.runners_up));
  return plan.is_feasible() ? 0 : kExitInfeasible;
}

}  // namespace assay::present
