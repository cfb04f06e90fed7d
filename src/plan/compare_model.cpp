// What the difference between accelerators means for one language model.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "base/unit_text.h"
#include "market/token_price.h"
#include "model/inference_step.h"
#include "model/memory_fit.h"
#include "model/runnable.h"
#include "plan/compare_rows.h"
#include "search/serving_layouts.h"

namespace assay::plan {
namespace {

using catalog::Format;
using catalog::LanguageModel;
using model::Deployment;
using model::Hardware;

constexpr int kTensorMax = 64;

Format weights_of(const LanguageModel& model, std::optional<Format> precision) {
  if (precision) return *precision;
  return model.quantisation ? model.quantisation->weights : model.dtype;
}

// One subject as it would run the model: the fewest accelerators that hold weights and caches.
struct Run {
  Hardware hardware;
  Deployment deployment;
  model::MemoryFit memory;
  int replicas{};      // in the subject's count; 1 for a single accelerator
  int accelerators{};  // that the replicas occupy, or that stand idle beside them
};

// By how much the weights, or the caches that were asked for, do not fit.
std::string shortage(const CompareQuestion& question, const Run& run) {
  const std::string many = fmt::format("{} × {}", run.deployment.tensor, run.hardware.accelerator);
  if (!run.memory.fits()) {
    return fmt::format("{} in {} does not fit {}: {} short in each", question.model->id,
                       catalog::name(run.deployment.weights), many,
                       to_text(-run.memory.kv_available, 3));
  }
  return fmt::format("{} hold {} tokens of context beside {}, asked are {} × {}", many,
                     grouped_text(run.memory.kv_tokens), question.model->id, question.batch,
                     grouped_text(question.context));
}

// Error::what says why it cannot run.
Result<Run> find_run(const catalog::Catalog& catalog, const CompareSubject& subject,
                     const CompareQuestion& question) {
  auto hardware = model::resolve_hardware(catalog, *subject.accelerator, subject.system);
  if (!hardware) return tl::unexpected(hardware.error());
  const LanguageModel& model = *question.model;
  Run run{.hardware = std::move(*hardware),
          .deployment = {},
          .memory = {},
          .replicas = 1,
          .accelerators = 1};
  run.deployment.weights = weights_of(model, question.precision);
  run.deployment.activations =
      search::activation_format(run.hardware, model, run.deployment.weights);
  const bool published = !question.precision && model.quantisation;
  run.deployment.kv_cache =
      published ? model.quantisation->kv_cache.value_or(model.dtype) : model.dtype;
  const int most = subject.count > 1 ? std::min(subject.count, run.hardware.link.domain)
                                     : run.hardware.link.domain;
  Error last{.kind = Error::Kind::kInfeasible,
             .what = "does not fit",
             .expected = {},
             .near = {},
             .where = {}};
  for (int tensor = 1; tensor <= std::min(most, kTensorMax); tensor *= 2) {
    run.deployment.tensor = tensor;
    const auto can = model::runnable(model, run.hardware, run.deployment);
    if (!can) {
      last = can.error();
      continue;
    }
    run.memory = memory_fit(model, run.hardware, run.deployment, *question.efficiency,
                            question.context, question.context);
    if (!run.memory.fits() ||
        run.memory.kv_tokens < static_cast<double>(question.batch) * question.context) {
      last.what = shortage(question, run);
      continue;
    }
    run.accelerators = subject.count > 1 ? subject.count : tensor;
    run.replicas = run.accelerators / tensor;
    return run;
  }
  return tl::unexpected(std::move(last));
}

// A figure of the model with the interval of its regime.
CompareCell predicted(const CompareQuestion& question, const Run& run, std::string_view metric,
                      double value, Dim dim, std::string from) {
  const auto& family = question.efficiency->family(run.hardware.family);
  const auto& width = question.efficiency->interval(
      metric, catalog::is_mixture_of_experts(*question.model), family.measured());
  CompareCell cell = computed_cell(value, dim, std::move(from), family.measured() ? "CAL" : "AS");
  cell.interval = estimate(value, width.half_width);
  return cell;
}

struct Rows {
  CompareRow needed{"accelerators", "accelerators needed", {}};
  CompareRow layout{"layout", "layout", {}};
  CompareRow room{"kv_tokens", "context room", {}};
  CompareRow bound{"decode_bound", "decode bound, batch 1", {}};
  CompareRow tpot{"tpot", "TPOT", {}};
  CompareRow decode{"decode_rate", "decode tok/s/accel", {}};
  CompareRow prefill{"prefill_rate", "prefill tok/s/accel", {}};
  CompareRow cost{"usd_per_mtok", "$/Mtok, decode only", {}};

  std::array<CompareRow*, 8> all() {
    return {&needed, &layout, &room, &bound, &tpot, &decode, &prefill, &cost};
  }
};

CompareCell cost_cell(const CompareSubject& subject, const CompareQuestion& question,
                      const CompareCell& decode) {
  if (question.prices == nullptr) return unknown_cell("no price list named");
  const market::Offer* offer = cheapest_offer(*question.prices, subject.accelerator->id);
  if (offer == nullptr) return unknown_cell("no firm offer in the book");
  const Usd month = market::price_per_accelerator(*offer) * kMonth;
  const auto cost = [&](double rate) {
    return market::usd_per_million_tokens(month, Hertz::from_base(rate));
  };
  CompareCell cell =
      computed_cell(cost(decode.figure.value), Usd::kDim, "price / decode_rate", decode.code);
  cell.interval = {cost(decode.interval->value), cost(decode.interval->high),
                   cost(decode.interval->low)};
  return cell;
}

void add_run(Rows& rows, const CompareSubject& subject, const CompareQuestion& question,
             const Run& run) {
  const LanguageModel& model = *question.model;
  const auto& efficiency = *question.efficiency;
  const double batch = question.batch, context = question.context;
  const auto alone = decode_step(model, run.hardware, run.deployment, efficiency, 1, context);
  const auto together =
      decode_step(model, run.hardware, run.deployment, efficiency, batch, context);
  const auto prompt = prefill_step(model, run.hardware, run.deployment, efficiency, 1, context);
  ASSAY_ASSERT(together.time.base() > 0 && prompt.time.base() > 0);
  const double share = static_cast<double>(run.replicas) / run.accelerators;
  rows.needed.cells.push_back(computed_cell(run.deployment.tensor, Dim{}, "memory fit"));
  rows.layout.cells.push_back(
      text_cell(fmt::format("tp{} × {}, {}", run.deployment.tensor, run.replicas,
                            catalog::name(run.deployment.weights))));
  rows.room.cells.push_back(
      computed_cell(run.memory.kv_tokens * run.replicas, Dim{}, "memory fit"));
  rows.bound.cells.push_back(text_cell(std::string{model::name(alone.bound)}));
  rows.tpot.cells.push_back(
      predicted(question, run, "tpot", together.time.base(), Seconds::kDim, "inference step"));
  rows.decode.cells.push_back(predicted(question, run, "tpot", batch / together.time.base() * share,
                                        Hertz::kDim, "batch / TPOT"));
  rows.prefill.cells.push_back(predicted(question, run, "ttft",
                                         context / prompt.time.base() * share, Hertz::kDim,
                                         "prompt / prefill time"));
  rows.cost.cells.push_back(cost_cell(subject, question, rows.decode.cells.back()));
}

// How sure it is that the fastest is: errors that both share cancel in a ratio, so its interval is
// narrower than those of the two.
void add_ratios(const std::vector<CompareSubject>& subjects, const CompareQuestion& question,
                const CompareRow& decode, std::vector<std::string>& notes) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < decode.cells.size(); ++i) {
    if (!decode.cells[i].interval) continue;
    if (!best || decode.cells[i].figure.value > decode.cells[*best].figure.value) best = i;
  }
  for (std::size_t i = 0; best && i < decode.cells.size(); ++i) {
    if (i == *best || !decode.cells[i].interval) continue;
    const auto measured = [&](std::size_t k) {
      const auto& family = question.efficiency->family(subjects[k].accelerator->family);
      return family.measured() && !family.borrowed;
    };
    const double ratio = decode.cells[*best].figure.value / decode.cells[i].figure.value;
    const double width = question.efficiency
                             ->interval("ratio", catalog::is_mixture_of_experts(*question.model),
                                        measured(*best) && measured(i))
                             .half_width;
    const Estimate<double> e = estimate(ratio, width);
    notes.push_back(fmt::format(
        "{} decodes {:.2f} times as fast as {}, each: 90 % within {:.2f} .. {:.2f}; faster with "
        "probability {:.2f}",
        subjects[*best].title, e.value, subjects[i].title, e.low, e.high,
        probability_above_one(std::log(ratio), width)));
  }
}

}  // namespace

std::vector<CompareRow> workload_rows(const catalog::Catalog& catalog,
                                      const std::vector<CompareSubject>& subjects,
                                      const CompareQuestion& question,
                                      std::vector<std::string>& notes) {
  ASSAY_ASSERT(question.model != nullptr && question.efficiency != nullptr);
  Rows rows;
  for (const CompareSubject& subject : subjects) {
    const auto run = find_run(catalog, subject, question);
    if (run) {
      add_run(rows, subject, question, *run);
      if (subject.count > 1 && subject.system == nullptr) {
        notes.push_back(
            fmt::format("{}: the catalog has no system of {}", subject.title, subject.count));
      }
      if (subject.system != nullptr && run->deployment.tensor > 1) {
        notes.push_back(
            fmt::format("{} is taken to stand in {}", subject.title, subject.system->id));
      }
      continue;
    }
    for (CompareRow* row : rows.all()) row->cells.push_back(unknown_cell(run.error().what));
    notes.push_back(fmt::format("{}: {}", subject.title, run.error().what));
  }
  add_ratios(subjects, question, rows.decode, notes);
  mark_best(rows.tpot, Better::kLower);
  mark_best(rows.decode, Better::kHigher);
  mark_best(rows.prefill, Better::kHigher);
  mark_best(rows.cost, Better::kLower);
  std::vector<CompareRow> out;
  for (CompareRow* row : rows.all()) {
    if (row != &rows.cost || question.prices != nullptr) out.push_back(std::move(*row));
  }
  return out;
}

}  // namespace assay::plan
