#include "present/training_text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"
#include "market/training_cost.h"
#include "present/colour.h"

namespace assay::present {
namespace {

using search::PredictedTraining;

constexpr int kBar = 30;
constexpr std::size_t kLabel = 46;
constexpr double kShownShare = 0.001;

std::string seconds_text(double s) { return to_text(Seconds::from_base(s), 3); }
std::string watts_text(double w) { return to_text(Watts::from_base(w), 3); }
std::string bytes_text(double b) { return to_text(Bytes::from_base(b), 3); }
std::string share_text(double share) { return fmt::format("{:.1f} %", share * 100); }
std::string tflops_text(double flops) { return number_text(flops / 1e12, 3) + " TFLOP/s"; }
std::string days_text(Seconds s) { return number_text(s.base() / 86400.0, 3) + " days"; }
std::string rate_text(double v) {
  return (v >= 1000 ? grouped_text(v) : number_text(v, 3)) + " tok/s";
}

void add(TextTable& table, std::string_view title, const Estimate<double>& e,
         std::string (*text)(double), std::string remark) {
  table.rows.push_back({std::string{title}, text(e.value),
                        fmt::format("{} .. {}", text(e.low), text(e.high)), std::move(remark)});
}

void add_plain(TextTable& table, std::string_view title, std::string value,
               std::string remark = {}) {
  table.rows.push_back({std::string{title}, std::move(value), "", std::move(remark)});
}

void add_power(TextTable& table, const PredictedTraining& p) {
  if (!p.power) {
    add_plain(table, "power", std::string{kUnknownText}, "the board's limit is unknown");
    return;
  }
  const search::TrainingPower& power = *p.power;
  add(table, "power of a board", power.board, watts_text,
      fmt::format("limit {}", to_text(power.limit, 3)));
  add_plain(table, "  its share of the server",
            power.host ? to_text(*power.host, 3) : std::string{kUnknownText}, power.host_unknown);
}

std::string energy_text(Joules energy) {
  const double mwh = energy.base() / 3.6e9;
  return mwh >= 1000 ? number_text(mwh / 1000, 3) + " GWh" : number_text(mwh, 3) + " MWh";
}

void add_run(TextTable& table, const PredictedTraining& p, const TrainingQuestion& question) {
  const model::TrainingRunEstimate& run = *p.run;
  const double hours = (run.accelerator_time + run.spare_time).base() / 3600.0;
  add_plain(table, "run at full speed", days_text(run.full_speed),
            fmt::format("{} steps", grouped_text(run.steps)));
  add_plain(table, "  expected, with failures", days_text(run.expected),
            fmt::format("{} failures, goodput {:.1f} %", grouped_text(run.failures),
                        run.goodput.useful * 100));
  add_plain(table, "  checkpoint every", to_text(run.goodput.interval, 3));
  table.rows.push_back(
      {"  done in 1 of 2 cases by", days_text(run.finish.p50),
       fmt::format("{} .. {}", days_text(run.finish.p10), days_text(run.finish.p90)),
       "8 of 10 within; 99 of 100 by " + days_text(run.finish.p99)});
  if (run.in_time) {
    add_plain(table, "  within the deadline", share_text(*run.in_time),
              fmt::format("probability of {}", days_text(*question.run->deadline)));
  }
  add_plain(table, "  accelerator-hours", grouped_text(hours),
            run.spare_time > Seconds{} ? "spares are paid as well" : "");
  if (run.energy) {
    add_plain(table, "  energy", energy_text(*run.energy),
              p.power && p.power->host ? fmt::format("servers, PUE {}", number_text(question.pue))
                                       : "boards only");
  }
  if (question.price) {
    const Usd cost = market::training_cost({run.accelerator_time, run.spare_time}, *question.price);
    add_plain(table, "  cost", to_text(cost, 3),
              fmt::format("at {} an accelerator", to_text(*question.price, 3)));
  }
}

std::string bar_line(std::string_view label, double share, std::string_view value,
                     std::string_view remark, const CommonOptions& common) {
  std::string line = fmt::format("  {}", label);
  const std::size_t used = display_width(line);
  line += std::string(used < kLabel ? kLabel - used : 1, ' ');
  line += bar(share, kBar, common.unicode);
  return fmt::format("{} {:>9}{}{}\n", line, value, remark.empty() ? "" : "  ", remark);
}

}  // namespace

std::string wrapped_line(std::string_view text) {
  std::string out;
  for (const std::string& line : wrapped(text, kWidthMax - 2)) {
    out += (out.empty() ? "" : "  ") + line + "\n";
  }
  return out;
}

std::string rendered_table(const TextTable& table, const CommonOptions& common) {
  return render_table(table, OutputFormat::kTable, common.wide ? kWidthUnlimited : kWidthMax,
                      common.colour);
}

TextTable training_figures(const PredictedTraining& p, const TrainingQuestion& question) {
  TextTable table{{{.title = "figure"},
                   {.title = "value", .right = true},
                   {.title = "9 of 10 within", .key = "interval"},
                   {.title = "remark", .wraps = true}},
                  {}};
  add(table, "step", p.seconds, seconds_text, "interval: " + p.interval.tier);
  add(table, "tokens", p.tokens_per_s, rate_text, "");
  add(table, "  an accelerator", p.tokens_per_s_per_accelerator, rate_text, "");
  add(table, "operations of the model", p.flops, tflops_text, "an accelerator");
  add(table, "  of the peak (MFU)", p.mfu, share_text, "");
  add_power(table, p);
  if (p.run) add_run(table, p, question);
  return table;
}

TextTable training_layouts(std::span<const LayoutAnswer> answers) {
  TextTable table{{{.title = "layout", .wraps = true, .wrap_min = 40},
                   {.title = "step", .right = true},
                   {.title = "tok/s/accel", .right = true, .key = "per_accelerator"},
                   {.title = "MFU", .right = true, .key = "mfu"},
                   {.title = "memory", .right = true},
                   {.title = "", .wraps = true, .key = "verdict"}},
                  {}};
  const std::string unknown{kUnknownText};
  for (const LayoutAnswer& answer : answers) {
    if (!answer.predicted) {
      table.rows.push_back(
          {answer.layout, unknown, unknown, unknown, unknown, answer.predicted.error().what});
      continue;
    }
    const PredictedTraining& p = *answer.predicted;
    const double rate = p.tokens_per_s_per_accelerator.value;
    table.rows.push_back({answer.layout, seconds_text(p.seconds.value),
                          rate >= 1000 ? grouped_text(rate) : number_text(rate, 3),
                          share_text(p.mfu.value), bytes_text(p.step.memory.total()),
                          p.step.fits ? "fits" : "does not fit"});
  }
  return table;
}

std::string memory_text(const PredictedTraining& p, const CommonOptions& common) {
  const model::TrainingMemory& m = p.step.memory;
  const std::pair<const char*, double> parts[] = {
      {"weights", m.weights},         {"gradients", m.gradients}, {"optimizer", m.optimizer},
      {"activations", m.activations}, {"buffers", m.buffers},     {"reserve", m.reserve}};
  std::string out = fmt::format("memory of an accelerator: {} of {}: {}\n", bytes_text(m.total()),
                                to_text(p.usable, 3), p.step.fits ? "fits" : "does not fit");
  for (const auto& [name, bytes] : parts) {
    if (bytes <= 0) continue;
    out += bar_line(name, bytes / p.usable.base(), bytes_text(bytes), "", common);
  }
  if (m.host > 0) out += fmt::format("  and {} of the host's memory\n", bytes_text(m.host));
  return out;
}

std::string waterfall_text(const PredictedTraining& p, const CommonOptions& common) {
  const double total = p.step.time.total;
  std::string out = "time of a step by cause, and the points of MFU that it takes\n";
  out += bar_line("the model's operations at the peak", p.waterfall.ideal / total,
                  seconds_text(p.waterfall.ideal), share_text(p.waterfall.mfu), common);
  bool hidden = false;
  for (const search::WaterfallStep& step : p.waterfall.losses) {
    if (std::abs(step.seconds) < kShownShare * total) {
      hidden = true;
      continue;
    }
    out += bar_line(step.name, step.seconds / total, seconds_text(step.seconds),
                    share_text(step.mfu), common);
  }
  if (hidden) out += "  and what takes less than 0.1 % each\n";
  return out;
}

std::string fixes_text(const PredictedTraining& p) {
  if (p.fixes.empty()) return "";
  std::string out = "what fits, by the least change:\n";
  for (const model::TrainingFix& fix : p.fixes) {
    out += wrapped_line(fmt::format("  {}: {} a step, {} of memory ({})", fix.change,
                                    seconds_text(fix.step.time.total),
                                    bytes_text(fix.step.memory.total()), to_text(fix.layout)));
  }
  return out;
}

std::string training_rests_on(const model::TrainingSubject& subject,
                              const search::TrainingSite& site, const TrainingQuestion& question,
                              bool explain) {
  const std::string nothing = question.assumed.empty() ? " nothing" : "";
  std::string out = "\n" + wrapped_line("assumed:" + nothing + " " + join(question.assumed, " · "));
  for (const model::UsedFact& fact : subject.hardware.facts) {
    const bool assumed = fact.confidence == catalog::Confidence::kAssumed;
    if (!assumed && !explain) continue;
    out += wrapped_line(fmt::format("{}: {} {}: {}{}", assumed ? "assumed" : "catalog", fact.figure,
                                    fact.value, fact.basis,
                                    assumed ? "" : fmt::format(" ({})", fact.source)));
  }
  for (const std::string& line : training_provenance(subject, site)) out += wrapped_line(line);
  return out;
}

std::string predict_training_text(const TrainingInputs& inputs, const PredictedTraining& p,
                                  const TrainingQuestion& question, const CommonOptions& common) {
  std::string head = wrapped_line(training_title(inputs, p.layout.accelerators()) + " · " +
                                  training_job_text(question.job));
  head.pop_back();
  std::string out = paint(head, Colour::kBold, common.colour) + "\n";
  out += wrapped_line(fmt::format("{}: {} micro-batch{} of each pipeline", to_text(p.layout),
                                  grouped_text(p.micro_batches), p.micro_batches == 1 ? "" : "es"));
  out += "\n" + rendered_table(training_figures(p, question), common);
  out += "\n" + memory_text(p, common) + "\n" + waterfall_text(p, common);
  return out;
}

}  // namespace assay::present
