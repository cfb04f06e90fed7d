// search_training_command.cpp — `assay search train`: every layout of a training job on one number
// of accelerators, or the best layout of each of several.
#include <algorithm>
#include <bit>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.h"
#include "base/text.h"
#include "present/commands.h"
#include "present/progress.h"
#include "present/training_inputs.h"
#include "present/training_json.h"
#include "present/training_launch.h"
#include "present/training_search_run.h"
#include "present/training_search_text.h"

namespace assay::present {
namespace {

constexpr std::string_view kNothing = "searched";
constexpr int kCounts = 8;  // of accelerators, of a range
constexpr int kServer = 8;

search::TrainingSearchOptions search_options(const SearchTrainingOptions& options) {
  return {.top = options.top, .front = true, .prune = true, .jobs = jobs_or_cores(options.jobs)};
}

// Accelerators of one host; a rack has several.
int node_of(const TrainingInputs& inputs) {
  if (inputs.system != nullptr) {
    const auto per_node = inputs.system->accelerators_per_node.value();
    if (per_node && *per_node >= 1) return static_cast<int>(*per_node);
  }
  return inputs.system != nullptr && inputs.system->accelerators > 0 ? inputs.system->accelerators
                                                                     : kServer;
}

// Between powers of two, multiples of the largest one that the least count holds: what batches and
// layers divide over.
int granule(const TrainingInputs& inputs) {
  return std::max(node_of(inputs),
                  static_cast<int>(std::bit_floor(static_cast<unsigned>(inputs.accelerators))));
}

// With a line of progress for each count.
search::TrainingSweep sweep_of(const Context& context, const TrainingInputs& inputs,
                               const SearchTrainingOptions& options,
                               const model::TrainingSubject& subject) {
  const std::vector<int> counts =
      search::accelerator_counts(inputs.accelerators, options.most, granule(inputs), kCounts);
  search::SweepQuestion question{.run = *options.question.run,
                                 .half_width = search::step_interval(subject).half_width,
                                 .accelerators_max = {},
                                 .power = {}};
  question.power = [&](const search::FoundLayout& found) -> std::optional<model::RunPower> {
    const search::TrainingSite site = inputs.site(options.question.pue);
    const auto predicted = predict_training(subject, site, found.layout, std::nullopt);
    return predicted ? run_power(site, *predicted) : std::nullopt;
  };
  if (options.accelerators_max > 0) question.accelerators_max = options.accelerators_max;
  const bool shown = context.streams.err_is_tty && context.seconds;
  Progress progress{context.streams.err, shown, context.seconds};
  std::size_t begun = 0;
  return search::sweep_training(
      subject, counts,
      [&](const model::TrainingSubject& s, int accelerators) {
        progress.update(fmt::format("searching {} accelerators · {}/{} counts",
                                    grouped_text(accelerators), ++begun, counts.size()));
        return training_space(s, accelerators, options.offload, options.all_schedules);
      },
      question, search_options(options));
}

search::TrainingSweep one_of_sweep(const Context& context, const TrainingInputs& inputs,
                                   const SearchTrainingOptions& options,
                                   const model::TrainingSubject& subject) {
  search::TrainingSweep sweep;
  search::SweepPoint point{.accelerators = inputs.accelerators, .search = {}, .run = {}};
  point.search = search_with_progress(
      context, subject, inputs.accelerators,
      training_space(subject, inputs.accelerators, options.offload, options.all_schedules),
      search_options(options));
  sweep.points.push_back(std::move(point));
  return sweep;
}

// The fewest in time; without a deadline the fastest within the budget; else the last that fits.
void choose_point(const SearchTrainingOptions& options, TrainingSearchAnswer& answer) {
  const search::TrainingSweep& sweep = answer.sweep;
  const bool budget = options.accelerators_max > 0;
  if (sweep.fewest &&
      (!budget || sweep.points[*sweep.fewest].accelerators <= options.accelerators_max)) {
    answer.chosen = *sweep.fewest;
    answer.why = "the fewest that meet the deadline in the mean";
  } else if (sweep.fastest) {
    answer.chosen = *sweep.fastest;
    answer.why = options.question.run && options.question.run->deadline
                     ? "none meets the deadline: the fastest within the budget"
                     : "the fastest within the budget";
  } else {
    answer.chosen = sweep.points.size() - 1;
    answer.why = "the most";
  }
}

void add_details(const TrainingInputs& inputs, const SearchTrainingOptions& options,
                 const model::TrainingSubject& subject, TrainingSearchAnswer& answer) {
  const search::TrainingSite site = inputs.site(options.question.pue);
  for (const search::FoundLayout& found : answer.point().search.top) {
    auto predicted = predict_training(subject, site, found.layout, options.question.run);
    if (predicted) answer.top.push_back(*std::move(predicted));
  }
  if (answer.top.empty()) return;
  answer.sweep.points[answer.chosen].run = answer.top.front().run;  // with its energy
  if (options.launch == Launcher::kNone) return;
  answer.launch =
      training_launch({.model = inputs.model,
                       .job = options.question.job,
                       .layout = answer.top.front().layout,
                       .per_node = std::min(node_of(inputs), answer.point().accelerators),
                       .tokens = options.question.run ? options.question.run->tokens : 0},
                      options.launch);
}

}  // namespace

int search_training_command(const Context& context, const SearchTrainingOptions& options) {
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  auto inputs = read_training_inputs(loaded.catalog, options.question);
  if (!inputs) return report_errors(context, std::move(inputs.error()), kNothing);
  const model::TrainingSubject subject = inputs->subject(options.question.job);
  TrainingSearchAnswer answer;
  answer.sweep = options.most > 0 ? sweep_of(context, *inputs, options, subject)
                                  : one_of_sweep(context, *inputs, options, subject);
  if (options.most > 0) choose_point(options, answer);
  add_details(*inputs, options, subject, answer);
  if (answer.top.empty()) {
    return report_errors(
        context, {nothing_fits(subject, answer.point().search, answer.point().accelerators)},
        kNothing);
  }
  std::ostream& out = context.streams.out;
  if (context.common.format == OutputFormat::kJson) {
    out << search_training_json(loaded.catalog, *inputs, answer, options);
    return kAnswered;
  }
  if (context.common.format != OutputFormat::kTable || !context.common.columns.empty()) {
    return print_table(
        context, options.most > 0 ? training_sweep_table(answer) : training_search_table(answer));
  }
  out << search_training_text(*inputs, answer, options, context.common)
      << fmt::format("assay {} · catalog {} {} · next: assay predict train {} {}:{}\n", version(),
                     loaded.catalog.date, loaded.catalog.hash.substr(0, 6), options.question.model,
                     inputs->title, answer.point().accelerators);
  return kAnswered;
}

}  // namespace assay::present
