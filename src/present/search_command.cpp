// search_command.cpp — `assay search serve`: every layout of a model on some accelerators.
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.h"
#include "base/text.h"
#include "present/commands.h"
#include "present/search_json.h"
#include "present/search_text.h"
#include "present/serving_inputs.h"

namespace assay::present {
namespace {

constexpr std::string_view kNothing = "searched";
constexpr int kAcceleratorsMax = 1024;

search::SearchSpace space_of(const SearchOptions& options) {
  search::SearchSpace space{.weights = {},
                            .engine = options.engine,
                            .input_tokens = static_cast<double>(options.input),
                            .output_tokens = static_cast<double>(options.output),
                            .user_rate_min = options.user_rate_min,
                            .keep_all = options.all};
  for (const std::string& name : options.weights) {
    if (const auto format = catalog::parse_format(name)) space.weights.push_back(*format);
  }
  return space;
}

Error nothing_found(const std::vector<search::ServingSearch>& searches,
                    const SearchOptions& options) {
  std::string what = fmt::format("no layout serves {} on {}: {}", options.model,
                                 options.accelerator, search_counts(searches));
  const auto rejected = rejections(searches);
  if (!rejected.empty()) what += fmt::format("; the first: {}", rejected.front().example);
  return {.kind = Error::Kind::kInfeasible,
          .what = std::move(what),
          .expected = {},
          .near = {},
          .where = {}};
}

// Why there is nothing to search, if so.
std::optional<Error> refusal(const ServingInputs& inputs, const SearchOptions& options) {
  if (inputs.subjects.empty()) {
    return Error{.kind = Error::Kind::kInfeasible,
                 .what = "no accelerator of the catalog is known well enough",
                 .expected = {},
                 .near = {},
                 .where = {}};
  }
  if (inputs.subjects.front().count <= kAcceleratorsMax) return std::nullopt;
  return Error{.kind = Error::Kind::kLimit,
               .what = fmt::format("a search over {}", excerpt(options.accelerator)),
               .expected = fmt::format("at most {} of them", grouped_text(kAcceleratorsMax)),
               .near = {},
               .where = {}};
}

std::vector<search::ServingSearch> searches_of(const ServingInputs& inputs,
                                               const SearchOptions& options) {
  const int jobs = jobs_or_cores(options.jobs);
  const search::SearchSpace space = space_of(options);
  if (inputs.subjects.size() == 1) {
    return {search_serving(inputs.subject(0), inputs.tables(), space, jobs)};
  }
  std::vector<search::ServingSubject> subjects;
  for (std::size_t i = 0; i < inputs.subjects.size(); ++i) subjects.push_back(inputs.subject(i));
  return search_all(subjects, inputs.tables(), space, jobs);
}

}  // namespace

int search_command(const Context& context, const SearchOptions& options) {
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  auto inputs =
      read_serving_inputs(loaded.catalog, options.model, options.accelerator, options.engine, true);
  if (!inputs) return report_errors(context, std::move(inputs.error()), kNothing);
  if (const auto error = refusal(*inputs, options)) {
    return report_errors(context, {*error}, kNothing);
  }
  const std::vector<search::ServingSearch> searches = searches_of(*inputs, options);
  const std::vector<FoundPoint> points = found_points(searches);
  if (points.empty()) {
    return report_errors(context, {nothing_found(searches, options)}, kNothing);
  }
  std::ostream& out = context.streams.out;
  if (context.common.format == OutputFormat::kJson) {
    out << search_json(loaded.catalog, *inputs, searches, options);
    return kAnswered;
  }
  if (context.common.format != OutputFormat::kTable || !context.common.columns.empty()) {
    return print_table(context, search_table(*inputs, searches, points));
  }
  out << search_text(*inputs, searches, context.common, options)
      << fmt::format("assay {} · catalog {} {} · next: assay predict serve {} {}\n", version(),
                     loaded.catalog.date, loaded.catalog.hash.substr(0, 6), options.model,
                     inputs->subjects[points.front().search].title);
  return kAnswered;
}

}  // namespace assay::present
