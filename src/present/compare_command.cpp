// compare_command.cpp — `assay compare`: reads what is named, compares, prints.
#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/efficiency.h"
#include "catalog/model_library.h"
#include "market/offer_book.h"
#include "plan/compare.h"
#include "present/book.h"
#include "present/commands.h"
#include "present/compare_json.h"
#include "present/compare_text.h"

namespace assay::present {
namespace {

constexpr std::string_view kNothing = "compared";

// What a question names, read once; owns what CompareQuestion points to.
struct Inputs {
  std::vector<plan::CompareSubject> subjects;
  std::optional<catalog::LanguageModel> model;
  std::optional<catalog::EfficiencyTable> efficiency;
  std::optional<market::OfferBook> prices;
};

template <class T>
void take(Checked<T> read, std::optional<T>& into, Errors& errors) {
  if (read) into = std::move(*read);
  else errors.insert(errors.end(), read.error().begin(), read.error().end());
}

Checked<Inputs> read_inputs(const CompareOptions& options, const catalog::Catalog& catalog) {
  Inputs inputs;
  Errors errors;
  auto subjects = plan::read_subjects(catalog, options.accelerators);
  if (subjects) inputs.subjects = std::move(*subjects);
  else errors = subjects.error();
  if (!options.model.empty()) {
    take(catalog::load_model(options.model), inputs.model, errors);
    take(catalog::load_efficiency(), inputs.efficiency, errors);
  }
  if (!options.prices.empty()) take(read_book(options.prices, catalog), inputs.prices, errors);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return inputs;
}

void print_text(const Context& context, const catalog::Catalog& catalog,
                const plan::Comparison& comparison, const CompareOptions& options) {
  std::ostream& out = context.streams.out;
  out << compare_text(comparison, options.model, context.common) << '\n';
  if (!options.model.empty()) {
    out << fmt::format("{}: weights {}, {} sequences a replica, {} tokens each\n", options.model,
                       options.precision.empty() ? "as published" : options.precision,
                       options.batch, grouped_text(options.context));
  }
  for (const std::string& note : comparison.notes) {
    const auto lines = wrapped(note, kWidthMax - 2);
    for (std::size_t i = 0; i < lines.size(); ++i) out << (i > 0 ? "  " : "") << lines[i] << '\n';
  }
  out << "* best in row · peaks dense · link both ways · DE derived";
  if (!comparison.workload.empty()) out << " · CAL calibrated · AS assumed efficiency";
  out << fmt::format("\nassay {} · catalog {} {} · why: assay explain {} memory.bandwidth\n",
                     version(), catalog.date, catalog.hash.substr(0, 6),
                     comparison.subjects.front().accelerator->id);
}

}  // namespace

int compare_command(const Context& context, const CompareOptions& options) {
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  auto inputs = read_inputs(options, loaded.catalog);
  if (!inputs) return report_errors(context, std::move(inputs.error()), kNothing);
  plan::CompareQuestion question{.model = inputs->model ? &*inputs->model : nullptr,
                                 .precision = catalog::parse_format(options.precision),
                                 .batch = options.batch,
                                 .context = options.context,
                                 .efficiency = inputs->efficiency ? &*inputs->efficiency : nullptr,
                                 .prices = inputs->prices ? &*inputs->prices : nullptr};
  const plan::Comparison comparison =
      plan::compare(loaded.catalog, std::move(inputs->subjects), question);
  if (inputs->prices) note_skipped(context, *inputs->prices);
  if (context.common.format == OutputFormat::kJson) {
    context.streams.out << compare_json(loaded.catalog, comparison, options);
    return kAnswered;
  }
  if (context.common.format != OutputFormat::kTable || !context.common.columns.empty()) {
    return print_table(context, compare_table(comparison));
  }
  print_text(context, loaded.catalog, comparison, options);
  return kAnswered;
}

}  // namespace assay::present
