#include "present/training_search_text.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"
#include "present/colour.h"
#include "present/plot.h"
#include "present/training_text.h"

namespace assay::present {
namespace {

using search::PredictedTraining;
using search::TrainingSearch;

constexpr std::size_t kPlotHeight = 12;

std::string seconds_text(double s) { return to_text(Seconds::from_base(s), 3); }
std::string bytes_text(double b) { return to_text(Bytes::from_base(b), 3); }
std::string count_text(std::int64_t n) { return grouped_text(static_cast<double>(n)); }
std::string days_text(Seconds s) { return number_text(s.base() / 86400.0, 3); }

std::string tokens_text(double tokens) {
  return tokens >= 1e12 ? number_text(tokens / 1e12, 3) + " trillion"
                        : number_text(tokens / 1e9, 3) + " billion";
}

std::string front_plot(const TrainingSearch& found, const CommonOptions& common) {
  if (found.front.size() < 3) return "";
  PlotSeries line{"no layout is both faster and leaner", {}, PlotStyle::kLine};
  for (const search::FoundLayout& f : found.front) {
    line.points.push_back({f.step.memory.total() / 1e9, f.step.time.total});
  }
  const Plot plot{.title = "time of a step (s) against memory of an accelerator (GB)",
                  .x = {.title = "GB"},
                  .y = {.title = "s"},
                  .series = {line}};
  return "\n" + render_plot(plot, common.unicode, kWidthMax, kPlotHeight);
}

std::string rejected_lines(const TrainingSearch& found) {
  std::string out;
  for (const search::TrainingRejection& r : found.rejected) {
    out += wrapped_line(
        fmt::format("  {} × {}; the first: {}", count_text(r.count), r.reason, r.example));
  }
  return out;
}

std::string run_line(const search::SweepPoint& point, const TrainingQuestion& question) {
  if (!point.run) return "";
  const model::TrainingRunEstimate& run = *point.run;
  std::string text = fmt::format(
      "run of {} tokens: {} days at full speed, {} with failures, {} accelerator-hours",
      tokens_text(question.run->tokens), days_text(run.full_speed), days_text(run.expected),
      grouped_text((run.accelerator_time + run.spare_time).base() / 3600.0));
  if (run.in_time) {
    text += fmt::format("; within {} days with probability {:.2f}",
                        days_text(*question.run->deadline), *run.in_time);
  }
  return wrapped_line(text);
}

}  // namespace

TextTable training_search_table(const TrainingSearchAnswer& answer) {
  TextTable table{{{.title = "rank", .right = true},
                   {.title = "layout", .wraps = true, .wrap_min = 30},
                   {.title = "step", .right = true},
                   {.title = "9 of 10 within", .drop_order = 2, .key = "interval"},
                   {.title = "tok/s/accel", .right = true, .key = "per_accelerator"},
                   {.title = "MFU", .right = true, .key = "mfu"},
                   {.title = "memory", .right = true}},
                  {}};
  for (std::size_t i = 0; i < answer.top.size(); ++i) {
    const PredictedTraining& p = answer.top[i];
    const double rate = p.tokens_per_s_per_accelerator.value;
    table.rows.push_back(
        {std::to_string(i + 1), to_text(p.layout), seconds_text(p.seconds.value),
         fmt::format("{} .. {}", seconds_text(p.seconds.low), seconds_text(p.seconds.high)),
         rate >= 1000 ? grouped_text(rate) : number_text(rate, 3),
         fmt::format("{:.1f} %", p.mfu.value * 100), bytes_text(p.step.memory.total())});
  }
  return table;
}

TextTable training_sweep_table(const TrainingSearchAnswer& answer) {
  TextTable table{{{.title = "", .key = "chosen"},
                   {.title = "accelerators", .right = true},
                   {.title = "layout", .wraps = true, .wrap_min = 30},
                   {.title = "step", .right = true},
                   {.title = "days", .right = true},
                   {.title = "in time", .right = true, .key = "in_time"},
                   {.title = "accelerator-hours", .right = true, .key = "accelerator_hours"}},
                  {}};
  const std::string unknown{kUnknownText};
  for (std::size_t i = 0; i < answer.sweep.points.size(); ++i) {
    const search::SweepPoint& point = answer.sweep.points[i];
    std::vector<std::string> row{i == answer.chosen ? "*" : "", grouped_text(point.accelerators)};
    if (!point.run) {
      const search::TrainingCounts& c = point.search.counts;
      const bool runs = c.cannot_run < c.candidates;
      row.insert(row.end(), {runs ? "no layout fits" : "no layout divides them", unknown, unknown,
                             unknown, unknown});
    } else {
      const auto& run = *point.run;
      const search::FoundLayout& best = point.search.top.front();
      row.insert(row.end(),
                 {to_text(best.layout), seconds_text(best.step.time.total), days_text(run.expected),
                  run.in_time ? fmt::format("{:.0f} %", *run.in_time * 100) : unknown,
                  grouped_text((run.accelerator_time + run.spare_time).base() / 3600.0)});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string training_counts(const TrainingSearch& found) {
  const search::TrainingCounts& c = found.counts;
  return fmt::format(
      "{} layouts: {} evaluated, of which {} fit · {} shown not to fit and {} shown to be slower "
      "without · {} cannot run",
      count_text(c.candidates), count_text(c.evaluated()), count_text(c.fit),
      count_text(c.pruned_unfit), count_text(c.pruned_slow), count_text(c.cannot_run));
}

std::string search_training_text(const TrainingInputs& inputs, const TrainingSearchAnswer& answer,
                                 const SearchTrainingOptions& options,
                                 const CommonOptions& common) {
  const search::SweepPoint& point = answer.point();
  std::string head = wrapped_line(training_title(inputs, point.accelerators) + " · " +
                                  training_job_text(options.question.job));
  head.pop_back();
  std::string out = paint(head, Colour::kBold, common.colour) + "\n";
  if (answer.sweep.points.size() > 1) {
    out += "\nThe best layout of each number of accelerators; * " + answer.why + ".\n" +
           rendered_table(training_sweep_table(answer), common);
  }
  out += "\nThe fastest layouts, each of another combination of degrees:\n" +
         rendered_table(training_search_table(answer), common);
  out += run_line(point, options.question);
  out += "\n" + waterfall_text(answer.top.front(), common);
  out += front_plot(point.search, common);
  out += "\n" + wrapped_line(training_counts(point.search)) + rejected_lines(point.search);
  if (answer.leanest) out += fixes_text(*answer.leanest);
  if (!answer.launch.empty()) out += "\n" + answer.launch;
  return out;
}

}  // namespace assay::present
