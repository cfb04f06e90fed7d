#include "plan/compare.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/compare_rows.h"

namespace assay::plan {
namespace {

using catalog::Catalog;
using State = CatalogFigure::State;

constexpr int kCountMax = 100'000;
constexpr int kServer = 8;  // the system that one accelerator is usually bought in

struct RowRule {
  std::string_view path, title;
  Better better;
  bool adds_up;  // times the count
};

constexpr std::array kFigureRows{
    RowRule{"memory.marketed", "memory", Better::kHigher, true},
    RowRule{"memory.usable", "usable memory", Better::kHigher, true},
    RowRule{"memory.bandwidth", "memory bandwidth", Better::kHigher, true},
    RowRule{"peak.fp64_vector", "fp64 vector", Better::kHigher, true},
    RowRule{"peak.fp64_matrix", "fp64 matrix", Better::kHigher, true},
    RowRule{"peak.bf16", "bf16", Better::kHigher, true},
    RowRule{"peak.fp8", "fp8", Better::kHigher, true},
    RowRule{"peak.fp4", "fp4", Better::kHigher, true},
    RowRule{"peak.int8", "int8", Better::kHigher, true},
    RowRule{"link.kind", "link", Better::kNeither, false},
    RowRule{"link.bandwidth", "link bandwidth", Better::kHigher, false},
    RowRule{"board.power", "power", Better::kNeither, true},
    RowRule{"chip.process", "process", Better::kNeither, false},
    RowRule{"chip.dies", "compute dies", Better::kNeither, true},
    RowRule{"chip.transistors", "transistors", Better::kNeither, true},
    RowRule{"market.released", "released", Better::kNeither, false},
};

constexpr std::array kDerivedRows{
    RowRule{"ridge.bf16", "ridge bf16", Better::kNeither, false},
    RowRule{"ridge.fp8", "ridge fp8", Better::kNeither, false},
    RowRule{"flop_per_joule.bf16", "bf16 per watt", Better::kHigher, false},
    RowRule{"flop_per_joule.fp8", "fp8 per watt", Better::kHigher, false},
    RowRule{"tpp", "TPP (3A090)", Better::kNeither, false},
    RowRule{"performance_density", "TPP per mm² of die", Better::kNeither, false},
    RowRule{"bandwidth_per_usd", "bytes/s per USD", Better::kHigher, false},
};

// An id with a count behind a colon; an id may contain no colon.
struct Typed {
  std::string_view id;
  int count{1};
};

Result<Typed> split_count(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Typed{text, 1};
  long long count = 0;
  if (!parse_int(text.substr(colon + 1), count) || count < 1 || count > kCountMax) {
    return tl::unexpected(Error{
        .what = fmt::format("'{}' has no count after its colon", excerpt(text)),
        .expected = fmt::format("an id, or an id and a whole number from 1 to {} such as 'h200:8'",
                                grouped_text(kCountMax)),
        .near = {},
        .where = {}});
  }
  return Typed{text.substr(0, colon), static_cast<int>(count)};
}

// The catalog's system with `count` of the accelerator; for one, the server it usually stands in.
const catalog::System* system_of(const Catalog& catalog, const std::string& accelerator,
                                 int count) {
  const catalog::System* found = nullptr;
  for (const catalog::System& system : catalog.systems) {
    if (system.accelerator != accelerator) continue;
    if (system.accelerators == (count == 1 ? kServer : count)) return &system;
    if (count == 1 && found == nullptr) found = &system;
  }
  return found;
}

CompareCell figure_cell(const Catalog& catalog, const CompareSubject& subject,
                        const RowRule& rule) {
  CompareCell cell;
  cell.figure = accelerator_figure(catalog, *subject.accelerator, rule.path);
  if (cell.figure.state == State::kUnknown) return cell;
  cell.code = code(cell.figure.confidence);
  const bool number = cell.figure.state == State::kNumber || cell.figure.state == State::kRange;
  if (subject.count == 1 || !rule.adds_up || !number) return cell;
  cell.figure.from = fmt::format("{} × {}", subject.count, rule.path);
  cell.figure.value *= subject.count;
  cell.figure.high *= subject.count;
  cell.figure.confidence = catalog::Confidence::kDerived;
  cell.code = code(cell.figure.confidence);
  return cell;
}

bool is_known(const CompareRow& row) {
  return std::any_of(row.cells.begin(), row.cells.end(),
                     [](const CompareCell& cell) { return cell.figure.state != State::kUnknown; });
}

template <class Rules>
std::vector<CompareRow> rows_of(const Catalog& catalog, const std::vector<CompareSubject>& subjects,
                                const Rules& rules) {
  std::vector<CompareRow> rows;
  for (const RowRule& rule : rules) {
    CompareRow row{std::string{rule.path}, std::string{rule.title}, {}};
    for (const CompareSubject& subject : subjects) {
      row.cells.push_back(figure_cell(catalog, subject, rule));
    }
    if (!is_known(row)) continue;
    mark_best(row, rule.better);
    rows.push_back(std::move(row));
  }
  return rows;
}

// Price of an accelerator-hour, and what it buys.
std::vector<CompareRow> price_rows(const Catalog& catalog,
                                   const std::vector<CompareSubject>& subjects,
                                   const market::OfferBook& book, std::vector<std::string>& notes) {
  CompareRow price{"price", "price of one", {}};
  CompareRow traffic{"bytes_per_usd", "bytes per USD", {}};
  for (const CompareSubject& subject : subjects) {
    const market::Offer* offer = cheapest_offer(book, subject.accelerator->id);
    const auto bandwidth = subject.accelerator->memory_bandwidth.value();
    if (offer == nullptr) {
      price.cells.push_back(unknown_cell("no firm offer in the book"));
      traffic.cells.push_back(unknown_cell("no price"));
      continue;
    }
    const UsdPerSecond each = market::price_per_accelerator(*offer);
    price.cells.push_back(computed_cell(each.base(), UsdPerSecond::kDim, offer->id));
    for (const catalog::Source& source : catalog.sources) {
      if (source.id == offer->source) price.cells.back().code = code(source.confidence);
    }
    traffic.cells.push_back(bandwidth && each.base() > 0
                                ? computed_cell(bandwidth->base() / each.base(), Bytes::kDim,
                                                "memory.bandwidth / price")
                                : unknown_cell("no bandwidth"));
    notes.push_back(
        fmt::format("price of {}: {}, {}{}, {}, {}", subject.accelerator->id, offer->id,
                    market::name(offer->kind),
                    offer->term_months > 0 ? fmt::format(" {} months", offer->term_months) : "",
                    offer->date.empty() ? "not dated" : offer->date,
                    offer->seller.empty() ? "source " + offer->source : offer->seller));
  }
  mark_best(price, Better::kLower);
  mark_best(traffic, Better::kHigher);
  return {std::move(price), std::move(traffic)};
}

}  // namespace

void mark_best(CompareRow& row, Better better) {
  if (better == Better::kNeither) return;
  const auto better_than = [better](double a, double b) {
    return better == Better::kHigher ? a > b : a < b;
  };
  std::optional<double> best;
  bool differ = false;
  for (const CompareCell& cell : row.cells) {
    if (cell.figure.state != State::kNumber) continue;
    differ = differ || (best && *best != cell.figure.value);
    if (!best || better_than(cell.figure.value, *best)) best = cell.figure.value;
  }
  if (!differ) return;
  for (CompareCell& cell : row.cells) {
    cell.best = cell.figure.state == State::kNumber && cell.figure.value == *best;
  }
}

CompareCell computed_cell(double value, Dim dim, std::string from, std::string code) {
  CompareCell cell;
  cell.figure.state = State::kNumber;
  cell.figure.value = value;
  cell.figure.dim = dim;
  cell.figure.from = std::move(from);
  cell.figure.confidence = catalog::Confidence::kDerived;
  cell.figure.used = true;
  cell.code = std::move(code);
  return cell;
}

CompareCell text_cell(std::string text, std::string code) {
  CompareCell cell;
  cell.figure.state = State::kText;
  cell.figure.text = std::move(text);
  cell.figure.confidence = catalog::Confidence::kDerived;
  cell.figure.used = true;
  cell.code = std::move(code);
  return cell;
}

CompareCell unknown_cell(std::string why) {
  CompareCell cell;
  cell.figure.note = std::move(why);
  return cell;
}

const market::Offer* cheapest_offer(const market::OfferBook& book, const std::string& accelerator) {
  const auto rank = [](const market::Offer& offer) {
    const bool committed = offer.kind != market::OfferKind::kOnDemand || offer.term_months > 0;
    return std::pair{committed, price_per_accelerator(offer)};
  };
  const market::Offer* best = nullptr;
  for (const market::Offer& offer : book.offers) {
    if (offer.accelerator != accelerator || !is_firm(offer.kind) || !offer.host_included) continue;
    if (best == nullptr || rank(offer) < rank(*best)) best = &offer;
  }
  return best;
}

Checked<std::vector<CompareSubject>> read_subjects(const Catalog& catalog,
                                                   const std::vector<std::string>& texts) {
  std::vector<CompareSubject> subjects;
  Errors errors;
  for (const std::string& text : texts) {
    const auto typed = split_count(text);
    if (!typed) {
      errors.push_back(typed.error());
      continue;
    }
    const catalog::Accelerator* accelerator = catalog.accelerator(typed->id);
    if (accelerator == nullptr) {
      errors.push_back(catalog.unknown_accelerator(typed->id));
      continue;
    }
    subjects.push_back({.title = typed->count == 1
                                     ? accelerator->id
                                     : fmt::format("{}:{}", accelerator->id, typed->count),
                        .accelerator = accelerator,
                        .system = system_of(catalog, accelerator->id, typed->count),
                        .count = typed->count});
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return subjects;
}

Comparison compare(const Catalog& catalog, std::vector<CompareSubject> subjects,
                   const CompareQuestion& question) {
  Comparison comparison;
  comparison.subjects = std::move(subjects);
  comparison.figures = rows_of(catalog, comparison.subjects, kFigureRows);
  comparison.derived = rows_of(catalog, comparison.subjects, kDerivedRows);
  if (question.prices != nullptr) {
    auto rows = price_rows(catalog, comparison.subjects, *question.prices, comparison.notes);
    std::move(rows.begin(), rows.end(), std::back_inserter(comparison.derived));
  }
  if (question.model != nullptr) {
    comparison.workload = workload_rows(catalog, comparison.subjects, question, comparison.notes);
  }
  return comparison;
}

}  // namespace assay::plan
