#include "present/predict_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"
#include "model/runnable.h"
#include "present/colour.h"
#include "present/plot.h"

namespace assay::present {
namespace {

using search::PredictedServing;
using search::ServingFigure;
using search::ServingSubject;

constexpr std::size_t kPlotHeight = 14;

// Three digits that carry something; thousands in groups.
std::string rate_text(double value) {
  return value >= 1000 ? grouped_text(value) : number_text(value, 3);
}

std::string seconds_text(double seconds) { return to_text(Seconds::from_base(seconds), 3); }
std::string watts_text(double watts) { return to_text(Watts::from_base(watts), 3); }
std::string energy_text(double joules) { return number_text(joules, 3) + " J"; }
std::string tokens_text(double rate) { return rate_text(rate) + " tok/s"; }
std::string share_text(double share) { return fmt::format("{:.0f} %", share * 100); }

void add(TextTable& table, std::string_view title, const ServingFigure& figure,
         std::string (*text)(double)) {
  const auto& e = figure.estimate;
  table.rows.push_back({std::string{title}, text(e.value),
                        fmt::format("{} .. {}", text(e.low), text(e.high)), figure.regime});
}

void add_plain(TextTable& table, std::string_view title, std::string value, std::string remark) {
  table.rows.push_back({std::string{title}, std::move(value), "", std::move(remark)});
}

void add_power(TextTable& table, const PredictedServing& p) {
  const std::string unknown{kUnknownText};
  if (!p.power) {
    add_plain(table, "power", unknown, "the board's limit is unknown");
    return;
  }
  add(table, "power of a board: decoding", p.power->decode, watts_text);
  add(table, "  prompts", p.power->prefill, watts_text);
  add(table, "  mean", p.power->mean, watts_text);
  add_plain(table, "  limit", watts_text(p.power->limit.base()), "data sheet");
  if (p.power->node) {
    add_plain(table, "power of a server", watts_text(p.power->node->total.base()),
              "boards and what the server draws besides");
  } else {
    add_plain(table, "power of a server", unknown, p.power->node_unknown);
  }
  add(table, "energy an output token: boards", p.power->joules_per_token, energy_text);
  if (p.power->joules_per_token_node) {
    add_plain(table, "  servers", energy_text(*p.power->joules_per_token_node), "");
  }
}

std::string load_text(const PredictOptions& options) {
  const std::string amount = number_text(options.amount);
  switch (options.load) {
    case LoadChoice::kBatch:
      return options.table
                 ? fmt::format("batches {} to {}", options.batches.front(), options.batches.back())
                 : fmt::format("batch {} a replica", options.batches.front());
    case LoadChoice::kConcurrency:
      return amount + " requests at any time";
    case LoadChoice::kRate:
      return amount + " requests/s, independent arrivals";
    case LoadChoice::kOffline:
      return "offline, as many as fit";
    case LoadChoice::kAtOnce:
      return amount + " requests at once";
  }
  return {};
}

std::string wrapped_line(std::string_view text) {
  std::string out;
  for (const std::string& line : wrapped(text, kWidthMax - 2)) {
    out += (out.empty() ? "" : "  ") + line + "\n";
  }
  return out;
}

std::string title(const ServingSubject& subject, const search::ChosenDeployment& chosen,
                  const CommonOptions& common, const PredictOptions& options) {
  const std::string head =
      fmt::format("{} on {} · {} · {} in / {} out", subject.model.id, fleet_title(subject),
                  load_text(options), grouped_text(options.input), grouped_text(options.output));
  std::string lines = wrapped_line(head);
  lines.pop_back();
  return paint(lines, Colour::kBold, common.colour) + "\n" +
         deployment_text(chosen.deployment, chosen.replicas) + "\n\n";
}

std::string memory_line(const PredictedServing& p) {
  const model::MemoryFit& m = p.figures.memory;
  return wrapped_line(fmt::format(
      "memory of an accelerator: {} usable = weights {} + activations {} + engine {} + KV cache {}",
      to_text(m.usable, 3), to_text(m.weights, 3), to_text(m.activations, 3), to_text(m.reserve, 3),
      to_text(m.kv_available, 3)));
}

std::string binds_line(const PredictedServing& p) {
  const double length = p.load.input_tokens + p.load.output_tokens;
  std::string text = fmt::format(
      "decoding is {}-bound; a replica holds {} requests of {} tokens ({} sets the limit)",
      model::name(p.decode.bound), grouped_text(std::floor(p.sequences_fit)), grouped_text(length),
      p.cache_binds ? "the KV cache" : "the engine");
  if (p.load.kind != simulate::LoadKind::kFixedBatch) {
    text += fmt::format("; {} decode together on average", number_text(p.figures.batch, 3));
  }
  if (p.figures.saturated) text += "; saturated: more requests come than leave";
  return wrapped_line(text);
}

std::string rendered(const TextTable& table, const CommonOptions& common) {
  return render_table(table, OutputFormat::kTable, common.wide ? kWidthUnlimited : kWidthMax,
                      common.colour);
}

void add_operators(TextTable& table, std::string_view phase, const model::Step& step) {
  for (const model::Operator& op : step.operators) {
    if (op.time <= Seconds{}) continue;
    const bool link = op.bound == model::Bound::kLink;
    table.rows.push_back({std::string{phase}, std::string{model::name(op.kind)},
                          op.flops > Flops{} ? number_text(op.flops.base() / 1e9, 3) : "",
                          op.bytes > Bytes{} ? number_text(op.bytes.base() / 1e6, 3) : "",
                          seconds_text(op.time.base()), share_text(op.time / step.time),
                          fmt::format("{}{}", model::name(op.bound), link ? " (bytes sent)" : "")});
  }
  table.rows.push_back({std::string{phase}, "all", "", "", seconds_text(step.time.base()), "100 %",
                        std::string{model::name(step.bound)}});
}

std::string batch_plot(std::span<const BatchAnswer> answers, const CommonOptions& common) {
  PlotSeries line{"a point a batch", {}, PlotStyle::kLine};
  for (const BatchAnswer& answer : answers) {
    if (!answer.predicted || !answer.predicted->tokens_per_s_per_user) continue;
    const PredictedServing& p = *answer.predicted;
    line.points.push_back(
        {p.tokens_per_s_per_user->estimate.value, p.tokens_per_s_per_accelerator.estimate.value});
  }
  if (line.points.size() < 2) return "";
  const Plot plot{.title = "output tok/s per accelerator against tok/s per user",
                  .x = {.title = "tok/s per user"},
                  .y = {.title = "tok/s per accelerator"},
                  .series = {line}};
  return "\n" + render_plot(plot, common.unicode, kWidthMax, kPlotHeight);
}

}  // namespace

std::string fleet_title(const ServingSubject& subject) {
  return fmt::format("{} × {}{}", subject.accelerators, subject.hardware.accelerator,
                     subject.system != nullptr ? fmt::format(" ({})", subject.system->id) : "");
}

std::string deployment_text(const model::Deployment& d, int replicas) {
  return fmt::format("{} × {} replica{} · weights {} · multiplies {} · KV cache {} · {}",
                     layout_text(d), replicas, replicas == 1 ? "" : "s", catalog::name(d.weights),
                     catalog::name(d.activations), catalog::name(d.kv_cache), d.engine);
}

TextTable predicted_figures(const PredictedServing& p) {
  TextTable table{{{.title = "figure"},
                   {.title = "value", .right = true},
                   {.title = "9 of 10 within", .key = "interval"},
                   {.title = "regime of the interval", .wraps = true, .key = "regime"}},
                  {}};
  add(table, "TTFT (mean)", p.ttft, seconds_text);
  add(table, "TPOT (mean)", p.tpot, seconds_text);
  if (p.figures.ttft_p99 > Seconds{}) {
    add_plain(table, "TTFT p99", seconds_text(p.figures.ttft_p99.base()), "simulated");
    add_plain(table, "TPOT p99", seconds_text(p.figures.tpot_p99.base()), "simulated");
  }
  add(table, "output", p.tokens_per_s, tokens_text);
  add(table, "  an accelerator", p.tokens_per_s_per_accelerator, tokens_text);
  if (p.tokens_per_s_per_user) add(table, "  a user", *p.tokens_per_s_per_user, tokens_text);
  add_power(table, p);
  return table;
}

TextTable predicted_batches(std::span<const BatchAnswer> answers) {
  TextTable table{{{.title = "batch", .right = true},
                   {.title = "TTFT", .right = true, .key = "ttft"},
                   {.title = "TPOT", .right = true, .key = "tpot"},
                   {.title = "tok/s", .right = true, .key = "tokens_per_s"},
                   {.title = "tok/s/accelerator", .right = true, .key = "per_accelerator"},
                   {.title = "tok/s/user", .right = true, .key = "per_user"},
                   {.title = "power", .right = true},
                   {.title = "J/token", .right = true, .key = "j_per_token"},
                   {.title = "bound", .wraps = true}},
                  {}};
  for (const BatchAnswer& answer : answers) {
    std::vector<std::string> row{std::to_string(answer.batch)};
    if (!answer.predicted) {
      row.insert(row.end(), 7, std::string{kUnknownText});
      row.push_back(answer.predicted.error().what);
      table.rows.push_back(std::move(row));
      continue;
    }
    const PredictedServing& p = *answer.predicted;
    const std::string unknown{kUnknownText};
    const auto value = [](const ServingFigure& f) { return f.estimate.value; };
    row.push_back(seconds_text(value(p.ttft)));
    row.push_back(seconds_text(value(p.tpot)));
    row.push_back(rate_text(value(p.tokens_per_s)));
    row.push_back(rate_text(value(p.tokens_per_s_per_accelerator)));
    row.push_back(p.tokens_per_s_per_user ? rate_text(value(*p.tokens_per_s_per_user)) : unknown);
    row.push_back(p.power ? watts_text(value(p.power->mean)) : unknown);
    row.push_back(p.power ? number_text(value(p.power->joules_per_token), 3) : unknown);
    row.emplace_back(model::name(p.decode.bound));
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable predicted_operators(const PredictedServing& p) {
  TextTable table{{{.title = "phase"},
                   {.title = "operator"},
                   {.title = "GFLOP", .right = true},
                   {.title = "MB", .right = true},
                   {.title = "time", .right = true},
                   {.title = "share", .right = true},
                   {.title = "bound"}},
                  {}};
  add_operators(table, "decode", p.decode);
  add_operators(table, "prefill", p.prefill);
  return table;
}

std::vector<std::string> predict_notes(const ServingSubject& subject,
                                       const search::ChosenDeployment& chosen,
                                       const PredictOptions& options) {
  auto notes = model::deployment_notes(subject.model, subject.hardware, chosen.deployment);
  const long long length = 0LL + options.input + options.output;
  if (subject.model.context_max > 0 && length > subject.model.context_max) {
    notes.push_back(fmt::format("{} tokens are more than the {} that {} is published for",
                                grouped_text(static_cast<double>(length)),
                                grouped_text(subject.model.context_max), subject.model.id));
  }
  return notes;
}

std::string rests_on(const ServingSubject& subject, const search::ServingTables& tables,
                     const search::ChosenDeployment& chosen, const PredictOptions& options) {
  std::string out = "\n";
  const std::string nothing = chosen.assumed.empty() ? " nothing" : "";
  out += wrapped_line("assumed:" + nothing + " " + join(chosen.assumed, " · "));
  for (const model::UsedFact& fact : subject.hardware.facts) {
    if (fact.confidence != catalog::Confidence::kAssumed) continue;
    out += wrapped_line(fmt::format("assumed: {} {}: {}", fact.figure, fact.value, fact.basis));
  }
  for (const std::string& note : predict_notes(subject, chosen, options)) {
    out += wrapped_line("note: " + note);
  }
  for (const std::string& line : provenance(subject, tables, chosen.deployment)) {
    out += wrapped_line(line);
  }
  return out;
}

std::string predict_text(const ServingSubject& subject, const PredictedServing& p,
                         const CommonOptions& common, const PredictOptions& options) {
  std::string out = title(subject, p.chosen, common, options);
  out += rendered(predicted_figures(p), common) + "\n" + memory_line(p) + binds_line(p);
  if (options.operators) out += "\n" + rendered(predicted_operators(p), common);
  return out;
}

std::string predict_batches_text(const ServingSubject& subject,
                                 std::span<const BatchAnswer> answers, const CommonOptions& common,
                                 const PredictOptions& options) {
  const auto first = std::find_if(answers.begin(), answers.end(),
                                  [](const BatchAnswer& a) { return a.predicted.has_value(); });
  const PredictedServing& p = *first->predicted;
  std::string out = title(subject, p.chosen, common, options);
  out += rendered(predicted_batches(answers), common) + batch_plot(answers, common) + "\n";
  out += wrapped_line(fmt::format(
      "batch: of one replica; power: mean of a board; 9 of 10 measurements within: TTFT ×/÷ {:.2f} "
      "({}), TPOT ×/÷ {:.2f} ({}), tok/s ×/÷ {:.2f} ({})",
      p.ttft.estimate.high / p.ttft.estimate.value, p.ttft.regime,
      p.tpot.estimate.high / p.tpot.estimate.value, p.tpot.regime,
      p.tokens_per_s.estimate.high / p.tokens_per_s.estimate.value, p.tokens_per_s.regime));
  out += memory_line(p);
  if (options.operators) {
    const PredictedServing* last = &p;
    for (const BatchAnswer& a : answers) {
      if (a.predicted) last = &*a.predicted;
    }
    out += fmt::format("\noperators at batch {}\n",
                       number_text(last->load.amount / last->chosen.replicas)) +
           rendered(predicted_operators(*last), common);
  }
  return out;
}

}  // namespace assay::present
