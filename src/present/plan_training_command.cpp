// plan_training_command.cpp — `assay plan` of a training run: reads what it names, plans, prints.
#include <ostream>
#include <utility>

#include "base/parallel.h"
#include "catalog/power_curve.h"
#include "catalog/training_table.h"
#include "plan/training_plan.h"
#include "present/plan_inputs.h"
#include "present/plan_training_json.h"
#include "present/plan_training_text.h"
#include "present/progress.h"

namespace assay::present {

namespace {

constexpr int kExitInfeasible = 4;
constexpr int kExitIo = 5;
constexpr std::string_view kNothing = "planned";

}  // namespace

int plan_training(const Context& context, const PlanOptions& options,
                  const catalog::Catalog& catalog, ScenarioFile file) {
  Errors errors = std::move(file.errors);
  const auto table = catalog::load_training();
  const auto power = catalog::load_power();
  if (!table) append(errors, table.error());
  if (!power) append(errors, power.error());
  if (!errors.empty()) return report_errors(context, std::move(errors), kNothing);
  const auto scenario = plan::read_training_scenario(file.document, file.text, catalog, *table);
  if (!scenario) return report_errors(context, scenario.error(), kNothing);
  const auto model = load_named_model(scenario->model, scenario->model_where);
  if (!model) append(errors, model.error());
  const std::vector<market::OfferBook> books = load_books(scenario->offers, catalog, errors);
  if (!errors.empty()) return report_errors(context, std::move(errors), kNothing);

  Progress progress{context.streams.err, context.streams.err_is_tty, context.seconds};
  progress.update("searching layouts");
  const plan::TrainingPlan plan = plan::make_training_plan(
      *scenario, {catalog, *table, *power, books, *model, jobs_or_cores(0)});
  progress.finish();

  const bool as_json = context.common.format == OutputFormat::kJson;
  const bool wanted = as_json || !options.report.empty();
  const std::string json = wanted ? plan_training_json(plan, *table, *power) : std::string{};
  if (!options.report.empty() && !save(context, options.report, json)) return kExitIo;
  context.streams.out << (as_json ? json
                                  : plan_training_text(plan, context.common, options.runners_up));
  return plan.is_feasible() ? 0 : kExitInfeasible;
}

}  // namespace assay::present
