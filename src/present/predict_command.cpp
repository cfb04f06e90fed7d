// predict_command.cpp — `assay predict serve`: one deployment under a load, or a table of batches.
#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "present/commands.h"
#include "present/predict_json.h"
#include "present/predict_text.h"
#include "present/serving_inputs.h"

namespace assay::present {
namespace {

constexpr std::string_view kNothing = "predicted";

std::optional<int> said(int ranks) { return ranks > 0 ? std::optional<int>{ranks} : std::nullopt; }

search::DeploymentWish wish_of(const PredictOptions& options) {
  search::DeploymentWish wish;
  wish.tensor = said(options.tensor);
  wish.data = said(options.data);
  wish.expert = said(options.expert);
  wish.pipeline = said(options.pipeline);
  wish.weights = catalog::parse_format(options.weights);
  wish.activations = catalog::parse_format(options.activations);
  wish.kv_cache = catalog::parse_format(options.kv_cache);
  wish.engine = options.engine;
  wish.draft_tokens = options.draft_tokens;
  wish.acceptance = options.acceptance;
  return wish;
}

simulate::ServingLoad load_of(const PredictOptions& options, double amount) {
  using simulate::LoadKind;
  constexpr LoadKind kKinds[] = {LoadKind::kFixedBatch, LoadKind::kConcurrency, LoadKind::kRate,
                                 LoadKind::kOffline, LoadKind::kAtOnce};
  simulate::ServingLoad load;
  load.kind = kKinds[static_cast<std::size_t>(options.load)];
  load.amount = amount;
  load.input_tokens = options.input;
  load.output_tokens = options.output;
  return load;
}

bool fits(const BatchAnswer& answer) { return answer.predicted.has_value(); }

// One answer a batch; one for any other load.
std::vector<BatchAnswer> answers_of(const search::ServingSubject& subject,
                                    const search::ServingTables& tables,
                                    const search::ChosenDeployment& chosen,
                                    const PredictOptions& options) {
  std::vector<BatchAnswer> answers;
  if (options.load != LoadChoice::kBatch) {
    answers.push_back(
        {0, predict_deployment(subject, tables, chosen, load_of(options, options.amount))});
    return answers;
  }
  for (const int batch : options.batches) {
    answers.push_back(
        {batch, predict_deployment(subject, tables, chosen, load_of(options, batch))});
  }
  return answers;
}

// At least one of the answers has figures.
int print(const Context& context, const search::ServingSubject& subject,
          const search::ServingTables& tables, const std::vector<BatchAnswer>& answers,
          const catalog::Catalog& catalog, const PredictOptions& options) {
  const auto first = std::find_if(answers.begin(), answers.end(), fits);
  const search::PredictedServing& one = *first->predicted;
  const bool plain =
      context.common.format != OutputFormat::kTable || !context.common.columns.empty();
  if (plain) {
    return print_table(context, options.operators ? predicted_operators(one)
                                : options.table   ? predicted_batches(answers)
                                                  : predicted_figures(one));
  }
  std::ostream& out = context.streams.out;
  out << (options.table ? predict_batches_text(subject, answers, context.common, options)
                        : predict_text(subject, one, context.common, options));
  out << rests_on(subject, tables, one.chosen, options)
      << fmt::format("assay {} · catalog {} {} · next: assay search serve {} {}\n", version(),
                     catalog.date, catalog.hash.substr(0, 6), options.model, options.accelerator);
  return kAnswered;
}

}  // namespace

int predict_command(const Context& context, const PredictOptions& options) {
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  auto inputs = read_serving_inputs(loaded.catalog, options.model, options.accelerator,
                                    options.engine, false);
  if (!inputs) return report_errors(context, std::move(inputs.error()), kNothing);
  const search::ServingSubject subject = inputs->subject(0);
  const search::ServingTables tables = inputs->tables();
  const double most = options.load == LoadChoice::kBatch ? options.batches.back() : options.amount;
  const auto chosen = choose_deployment(subject, tables, wish_of(options), load_of(options, most));
  if (!chosen) return report_errors(context, {chosen.error()}, kNothing);
  const std::vector<BatchAnswer> answers = answers_of(subject, tables, *chosen, options);
  if (std::none_of(answers.begin(), answers.end(), fits)) {
    return report_errors(context, {answers.front().predicted.error()}, kNothing);
  }
  if (context.common.format == OutputFormat::kJson) {
    context.streams.out << predict_json(loaded.catalog, subject, tables, answers, *chosen, options);
    return kAnswered;
  }
  return print(context, subject, tables, answers, loaded.catalog, options);
}

}  // namespace assay::present
