// predict_training_command.cpp — `assay predict train`: one layout of a training job, the fastest
// that fits where none was said, or a table of layouts.
#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/infeasible.h"
#include "base/parallel.h"
#include "base/text.h"
#include "base/unit_text.h"
#include "present/commands.h"
#include "present/training_inputs.h"
#include "present/training_json.h"
#include "present/training_operators_table.h"
#include "present/training_search_run.h"
#include "present/training_text.h"

namespace assay::present {
namespace {

constexpr std::string_view kNothing = "predicted";

struct Asked {
  std::string name;
  Result<model::TrainingLayout> layout;  // or why there is none
};
using Layouts = std::vector<Asked>;

// Data parallelism is what the other degrees leave of the accelerators.
Result<model::TrainingLayout> completed(model::TrainingLayout layout, int accelerators,
                                        const PredictTrainingOptions& options) {
  const int ranks = layout.tensor * layout.pipeline * layout.context;
  layout.sequence_parallel = options.sequence_parallel.value_or(layout.tensor > 1);
  layout.data = options.data > 0 ? options.data : std::max(1, accelerators / ranks);
  const std::string degrees =
      fmt::format("tp{} pp{} cp{}", layout.tensor, layout.pipeline, layout.context);
  if (layout.accelerators() == accelerators) return layout;
  if (options.data > 0) {
    return tl::unexpected(
        infeasible(fmt::format("{} dp{} takes {} accelerators, there are {}", degrees, layout.data,
                               grouped_text(layout.accelerators()), grouped_text(accelerators))));
  }
  return tl::unexpected(
      infeasible(fmt::format("{} takes multiples of {} accelerators, there are {}", degrees,
                             grouped_text(ranks), grouped_text(accelerators))));
}

// Every combination of the degrees, the last one running fastest.
Layouts layouts_of(const PredictTrainingOptions& options, int accelerators) {
  struct Degree {
    const std::vector<int>& values;
    int model::TrainingLayout::*into;
  };
  const Degree degrees[] = {{options.tensor, &model::TrainingLayout::tensor},
                            {options.pipeline, &model::TrainingLayout::pipeline},
                            {options.virtual_stages, &model::TrainingLayout::virtual_stages},
                            {options.context, &model::TrainingLayout::context},
                            {options.expert, &model::TrainingLayout::expert},
                            {options.expert_tensor, &model::TrainingLayout::expert_tensor},
                            {options.micro_batch, &model::TrainingLayout::micro_batch}};
  std::vector<model::TrainingLayout> products{options.layout};
  for (const Degree& degree : degrees) {
    std::vector<model::TrainingLayout> next;
    for (const model::TrainingLayout& layout : products) {
      for (const int value : degree.values) {
        next.push_back(layout);
        next.back().*degree.into = value;
      }
    }
    products = std::move(next);
  }
  Layouts layouts;
  for (const model::TrainingLayout& layout : products) {
    auto whole = completed(layout, accelerators, options);
    std::string name = whole ? to_text(*whole)
                             : fmt::format("tp{} pp{} cp{} mbs{}", layout.tensor, layout.pipeline,
                                           layout.context, layout.micro_batch);
    layouts.push_back({std::move(name), std::move(whole)});
  }
  return layouts;
}

// The fastest layout that fits, among those that assay search train tries.
Result<model::TrainingLayout> chosen(const Context& context, const TrainingInputs& inputs,
                                     PredictTrainingOptions& options) {
  const model::TrainingSubject subject = inputs.subject(options.question.job);
  const auto found = search_with_progress(
      context, subject, inputs.accelerators,
      training_space(subject, inputs.accelerators, false, false),
      {.top = 1, .front = false, .prune = true, .jobs = jobs_or_cores(options.jobs)});
  if (found.top.empty()) {
    return tl::unexpected(nothing_fits(subject, found, inputs.accelerators));
  }
  options.question.assumed.push_back(
      fmt::format("layout: the fastest that fits, of {}",
                  grouped_text(static_cast<double>(found.counts.candidates))));
  return found.top.front().layout;
}

std::vector<LayoutAnswer> answers_of(const TrainingInputs& inputs, const Layouts& layouts,
                                     const PredictTrainingOptions& options) {
  const model::TrainingSubject subject = inputs.subject(options.question.job);
  std::vector<LayoutAnswer> answers;
  for (const Asked& asked : layouts) {
    if (!asked.layout) {
      answers.push_back({asked.name, tl::unexpected(asked.layout.error())});
      continue;
    }
    auto predicted = predict_training(subject, inputs.site(options.question.pue), *asked.layout,
                                      options.question.run);
    if (predicted) add_fixes(subject, *predicted);
    answers.push_back({asked.name, std::move(predicted)});
  }
  return answers;
}

bool fits(const LayoutAnswer& answer) { return answer.predicted && answer.predicted->step.fits; }

// Why none of the layouts does: of the first that runs, else of the first.
Errors refusals(const std::vector<LayoutAnswer>& answers) {
  auto shown = std::find_if(answers.begin(), answers.end(),
                            [](const LayoutAnswer& a) { return a.predicted.has_value(); });
  if (shown == answers.end()) shown = answers.begin();
  const std::string several =
      answers.size() > 1 ? fmt::format("none of {} layouts fits; ", answers.size()) : "";
  if (!shown->predicted) {
    Error error = shown->predicted.error();
    error.what = several + error.what;
    return {error};
  }
  const search::PredictedTraining& p = *shown->predicted;
  Error error = infeasible(fmt::format("{}{}: {}", several, shown->layout, p.shortage));
  for (const model::TrainingFix& fix : p.fixes) {
    error.expected += fmt::format("{}{} ({} a step)", error.expected.empty() ? "" : "; or ",
                                  fix.change, to_text(Seconds::from_base(fix.step.time.total), 3));
  }
  return {error};
}

int print(const Context& context, const catalog::Catalog& catalog, const TrainingInputs& inputs,
          const std::vector<LayoutAnswer>& answers, const PredictTrainingOptions& options) {
  const model::TrainingSubject subject = inputs.subject(options.question.job);
  const search::PredictedTraining& one =
      *std::find_if(answers.begin(), answers.end(), fits)->predicted;
  if (context.common.format != OutputFormat::kTable || !context.common.columns.empty()) {
    return print_table(context, options.operators ? training_operators(subject, one.layout)
                                : options.table   ? training_layouts(answers)
                                                  : training_figures(one, options.question));
  }
  std::ostream& out = context.streams.out;
  if (options.table) {
    out << wrapped_line(training_title(inputs, inputs.accelerators) + " · " +
                        training_job_text(options.question.job))
        << "\n"
        << rendered_table(training_layouts(answers), context.common)
        << wrapped_line(fmt::format("9 of 10 measurements within ×/÷ {:.2f} ({})",
                                    one.seconds.high / one.seconds.value, one.interval.tier));
  } else {
    out << predict_training_text(inputs, one, options.question, context.common);
  }
  if (options.operators) {
    out << "\none micro-batch on one rank\n"
        << rendered_table(training_operators(subject, one.layout), context.common);
  }
  out << training_rests_on(subject, inputs.site(options.question.pue), options.question,
                           options.explain)
      << fmt::format("assay {} · catalog {} {} · next: assay search train {} {}\n", version(),
                     catalog.date, catalog.hash.substr(0, 6), options.question.model,
                     options.question.accelerator);
  return kAnswered;
}

}  // namespace

int predict_training_command(const Context& context, const PredictTrainingOptions& asked) {
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  auto inputs = read_training_inputs(loaded.catalog, asked.question);
  if (!inputs) return report_errors(context, std::move(inputs.error()), kNothing);
  PredictTrainingOptions options = asked;
  Layouts layouts;
  if (options.choose) {
    const auto layout = chosen(context, *inputs, options);
    if (!layout) return report_errors(context, {layout.error()}, kNothing);
    layouts.push_back({to_text(*layout), *layout});
  } else {
    layouts = layouts_of(options, inputs->accelerators);
  }
  const std::vector<LayoutAnswer> answers = answers_of(*inputs, layouts, options);
  if (context.common.format == OutputFormat::kJson) {
    context.streams.out << predict_training_json(loaded.catalog, *inputs, answers, options);
    if (std::any_of(answers.begin(), answers.end(), fits)) return kAnswered;
  }
  if (std::none_of(answers.begin(), answers.end(), fits)) {
    return report_errors(context, refusals(answers), kNothing);
  }
  return print(context, loaded.catalog, *inputs, answers, options);
}

}  // namespace assay::present
