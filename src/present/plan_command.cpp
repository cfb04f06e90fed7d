// plan_command.cpp — `assay plan`: reads the scenario and what it names, plans, prints.
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.h"
#include "catalog/efficiency.h"
#include "plan/plan.h"
#include "plan/scenario.h"
#include "plan/training_scenario.h"
#include "present/commands.h"
#include "present/plan_inputs.h"
#include "present/plan_json.h"
#include "present/plan_text.h"
#include "present/progress.h"

namespace assay::present {

namespace {

constexpr int kExitInfeasible = 4;
constexpr int kExitIo = 5;
constexpr std::string_view kNothing = "planned";

}  // namespace

int plan_command(const Context& context, const PlanOptions& options) {
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  auto file = load_scenario_file(options);
  if (!file) return report_errors(context, file.error(), kNothing);
  if (plan::is_training(file->document)) {
    return plan_training(context, options, loaded.catalog, std::move(*file));
  }
  const auto scenario = plan::read_scenario(file->document, file->text, loaded.catalog);
  Errors errors = std::move(file->errors);
  if (!scenario) append(errors, scenario.error());
  if (!errors.empty()) return report_errors(context, std::move(errors), kNothing);

  const auto model = load_named_model(scenario->model, scenario->model_where);
  if (!model) append(errors, model.error());
  const std::vector<market::OfferBook> books = load_books(scenario->offers, loaded.catalog, errors);
  const auto efficiency = catalog::load_efficiency();
  if (!efficiency) append(errors, efficiency.error());
  plan::Scenario asked = *scenario;
  auto traffic = plan::open_demand(asked.traffic, asked.demand);
  if (!traffic) append(errors, placed(traffic.error(), asked.traffic_where));
  if (!errors.empty()) return report_errors(context, std::move(errors), kNothing);

  Progress progress{context.streams.err, context.streams.err_is_tty, context.seconds};
  progress.update("planning");
  const int jobs = jobs_or_cores(0);
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
