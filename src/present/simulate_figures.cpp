// The flat table and the plots of simulate_text.h.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "present/plot.h"
#include "present/simulate_text.h"

namespace assay::present {
namespace {

using plan::SimulationAnswer;
using simulate::FleetSample;
using simulate::LatencyFigures;

constexpr std::size_t kPlotHeight = 7, kPointsMax = 180;

struct TimeUnit {
  double seconds;
  std::string_view name;
};

TimeUnit unit_of(double span) {
  if (span >= 2 * 86400) return {86400, "days"};
  if (span >= 2 * 3600) return {3600, "h"};
  if (span >= 2 * 60) return {60, "min"};
  return {1, "s"};
}

// The largest of each few samples: peaks stay.
PlotSeries line_of(const std::vector<FleetSample>& samples, std::string name, double unit,
                   double (*value)(const FleetSample&)) {
  PlotSeries line{std::move(name), {}, PlotStyle::kGuide};
  const std::size_t step = (samples.size() + kPointsMax - 1) / kPointsMax;
  for (std::size_t i = 0; i < samples.size(); i += step) {
    double most = 0;
    for (std::size_t j = i; j < std::min(samples.size(), i + step); ++j) {
      most = std::max(most, value(samples[j]));
    }
    line.points.push_back({(samples[i].at - SimTime{}).base() / unit, most});
  }
  return line;
}

double running_of(const FleetSample& s) { return static_cast<double>(s.running); }
double waiting_of(const FleetSample& s) { return static_cast<double>(s.waiting); }
double kv_of(const FleetSample& s) { return s.kv_share * 100; }

double most_of(const PlotSeries& line) {
  double most = 0;
  for (const PlotPoint& point : line.points) most = std::max(most, point.y);
  return most;
}

void add_row(TextTable& table, std::string name, double value, std::string_view unit) {
  table.rows.push_back({std::move(name), number_text(value, 6), std::string{unit}});
}

void add_latency(TextTable& table, const std::string& name, const LatencyFigures& l) {
  if (l.count == 0) return;
  const std::pair<std::string_view, double> statistics[] = {
      {"mean", l.mean}, {"deviation", l.deviation},
      {"p50", l.p50},   {"p90", l.p90},
      {"p95", l.p95},   {"p99", l.p99},
      {"max", l.max}};
  for (const auto& [statistic, value] : statistics) {
    add_row(table, fmt::format("{}_{}", name, statistic), value * 1e3, "ms");
  }
}

}  // namespace

std::string simulate_plots(const SimulationAnswer& answer, const CommonOptions& common) {
  const std::vector<FleetSample>& samples = answer.figures.samples;
  if (samples.size() < 2) return {};
  const double end = (samples.back().at - SimTime{}).base();
  const auto [unit, name] = unit_of(end);
  const PlotAxis time{.title = std::string{name}, .low = 0, .high = end / unit};
  PlotSeries running = line_of(samples, "running", unit, running_of);
  PlotSeries waiting = line_of(samples, "waiting", unit, waiting_of);
  waiting.style = PlotStyle::kDotted;
  const double most = std::max({most_of(running), most_of(waiting), 1.0});
  const PlotSeries kv = line_of(samples, "in use", unit, kv_of);
  const Plot requests{.title = "requests over time",
                      .x = time,
                      .y = {.title = "requests", .low = 0, .high = most},
                      .series = {std::move(running), std::move(waiting)}};
  const Plot cache{.title = "KV cache over time",
                   .x = time,
                   .y = {.title = "%", .low = 0, .high = std::max(1.0, most_of(kv))},
                   .series = {kv}};
  return "\n" + render_plot(requests, common.unicode, kWidthMax, kPlotHeight) +
         render_plot(cache, common.unicode, kWidthMax, kPlotHeight);
}

TextTable simulated_figures(const plan::Simulation& simulation, const SimulationAnswer& answer) {
  const simulate::FleetFigures& f = answer.figures;
  TextTable table{{{.title = "figure"}, {.title = "value", .right = true}, {.title = "unit"}}, {}};
  if (answer.found && answer.found->rate) {
    add_row(table, answer.found->stopped ? "found_rate_so_far" : "found_rate", *answer.found->rate,
            "1/s");
  }
  add_latency(table, "ttft", f.ttft);
  add_latency(table, "tpot", f.tpot);
  add_latency(table, "itl", f.itl);
  add_latency(table, "e2e", f.end_to_end);
  add_row(table, "requests", f.requests_per_s, "1/s");
  add_row(table, "input", f.input_tokens_per_s, "tok/s");
  add_row(table, "output", f.output_tokens_per_s, "tok/s");
  const simulate::LatencyGoals& each = simulation.each;
  if (each.ttft || each.tpot || each.end_to_end) {
    add_row(table, "goodput", f.goodput_per_s, "1/s");
    add_row(table, "good_share", f.good_share * 100, "%");
  }
  const std::pair<const char*, std::int64_t> counts[] = {{"arrived", f.arrived},
                                                         {"completed", f.completed},
                                                         {"too_long", f.too_long},
                                                         {"timed_out", f.timed_out},
                                                         {"lost", f.lost},
                                                         {"retried", f.retried},
                                                         {"preemptions", f.preemptions},
                                                         {"cached_tokens", f.cached_tokens}};
  for (const auto& [name, count] : counts) {
    add_row(table, name, static_cast<double>(count), "");
  }
  add_row(table, "duration", f.seconds, "s");
  for (std::size_t i = 0; i < answer.pools.size(); ++i) {
    const std::string whose = answer.pools.size() > 1 ? answer.pools[i].name + " " : "";
    add_row(table, whose + "busy", f.pools[i].utilisation * 100, "%");
    add_row(table, whose + "batch", f.pools[i].batch_mean, "");
    add_row(table, whose + "kv_mean", f.pools[i].kv_share_mean * 100, "%");
    add_row(table, whose + "kv_most", f.pools[i].kv_share_most * 100, "%");
  }
  if (answer.energy) add_row(table, "energy", answer.energy->estimate.value, "J");
  if (answer.cost) add_row(table, "cost", answer.cost->base(), "USD");
  if (answer.usd_per_million_tokens) {
    add_row(table, "output_price", *answer.usd_per_million_tokens, "USD/Mtok");
  }
  return table;
}

}  // namespace assay::present
