#include "present/simulate_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"
#include "present/colour.h"
#include "present/predict_text.h"

namespace assay::present {
namespace {

using plan::SimulatedPool;
using plan::Simulation;
using plan::SimulationAnswer;
using simulate::FleetFigures;
using simulate::LatencyFigures;

constexpr int kBarCells = 20;

std::string rate_text(double value) {
  return value >= 1000 ? grouped_text(value) : number_text(value, 3);
}

std::string seconds_text(double seconds) {
  return seconds > 0 ? to_text(Seconds::from_base(seconds), 3) : "0 s";
}

std::string count_text(std::int64_t count) { return grouped_text(static_cast<double>(count)); }

std::string share_text(double share) { return number_text(share * 100, 3) + " %"; }

std::string wrapped_line(std::string_view text) {
  std::string out;
  for (const std::string& line : wrapped(text, kWidthMax - 2)) {
    out += (out.empty() ? "" : "  ") + line + "\n";
  }
  return out;
}

std::string rendered(const TextTable& table, const CommonOptions& common) {
  return render_table(table, OutputFormat::kTable, common.wide ? kWidthUnlimited : kWidthMax,
                      common.colour);
}

std::string_view role_text(simulate::Role role) {
  constexpr std::string_view kNames[] = {"", " · prefill", " · decode"};
  return kNames[static_cast<std::size_t>(role)];
}

std::string hardware_text(const SimulatedPool& pool) {
  return fmt::format("{} × {}{}", pool.accelerators() + pool.chosen.idle, pool.hardware.accelerator,
                     pool.system != nullptr ? fmt::format(" ({})", pool.system->id) : "");
}

// --- Head: what ran. ---

std::string limits_line(const SimulatedPool& pool) {
  std::vector<std::string> parts;
  for (const plan::LimitSource& limit : pool.sources) {
    if (limit.value == "as it comes") continue;
    parts.push_back(limit.name == "batching" ? limit.value
                                             : fmt::format("{} {}", limit.name, limit.value));
  }
  return "  " + wrapped_line(join(parts, " · "));
}

std::string head(const Simulation& simulation, const SimulationAnswer& answer,
                 const CommonOptions& common) {
  const SimulatedPool& first = answer.pools.front();
  std::string title = simulation.name.empty() ? "" : simulation.name + ": ";
  if (answer.pools.size() == 1) {
    title +=
        fmt::format("{} on {} · {}", first.model, hardware_text(first), answer.traffic.description);
  } else {
    title += fmt::format("{} pools · {}", answer.pools.size(), answer.traffic.description);
  }
  if (simulation.concurrency > 0) {
    title += fmt::format(" · {} requests at any time", count_text(simulation.concurrency));
  }
  std::string lines = wrapped_line(title);
  lines.pop_back();
  std::string out = paint(lines, Colour::kBold, common.colour) + "\n";
  for (const SimulatedPool& pool : answer.pools) {
    std::string line = deployment_text(pool.chosen.deployment, pool.chosen.replicas);
    if (answer.pools.size() > 1) {
      line = fmt::format("{}: {} on {}{} · {}", pool.name, pool.model, hardware_text(pool),
                         role_text(pool.role), line);
    }
    out += wrapped_line(line) + limits_line(pool);
  }
  return out;
}

// --- Latencies, goals, rates. ---

void add_latency(TextTable& table, std::string_view title, const LatencyFigures& l) {
  if (l.count == 0) return;
  table.rows.push_back({std::string{title}, seconds_text(l.mean), seconds_text(l.p50),
                        seconds_text(l.p90), seconds_text(l.p95), seconds_text(l.p99),
                        seconds_text(l.max)});
}

std::string latency_table(const FleetFigures& f, const CommonOptions& common) {
  TextTable table{{{.title = "latency"},
                   {.title = "mean", .right = true},
                   {.title = "p50", .right = true},
                   {.title = "p90", .right = true},
                   {.title = "p95", .right = true},
                   {.title = "p99", .right = true},
                   {.title = "max", .right = true}},
                  {}};
  add_latency(table, "TTFT", f.ttft);
  add_latency(table, "TPOT", f.tpot);
  add_latency(table, "ITL", f.itl);
  add_latency(table, "end to end", f.end_to_end);
  return table.rows.empty() ? "no request completed\n" : rendered(table, common);
}

std::string interval_text(const search::ServingFigure& f, std::string (*text)(double)) {
  return fmt::format("{} .. {}", text(f.estimate.low), text(f.estimate.high));
}

std::string intervals_line(const SimulationAnswer& answer) {
  if (answer.figures.ttft.count == 0) return {};
  return wrapped_line(fmt::format(
      "9 of 10 measured means within: TTFT {} ({}), TPOT {} ({}); percentiles carry the same "
      "factors",
      interval_text(answer.ttft, seconds_text), answer.ttft.regime,
      interval_text(answer.tpot, seconds_text), answer.tpot.regime));
}

std::string throughput_line(const SimulationAnswer& answer) {
  const FleetFigures& f = answer.figures;
  return wrapped_line(fmt::format(
      "output {} tok/s ({}) · input {} tok/s · {} requests/s over {}",
      rate_text(f.output_tokens_per_s), interval_text(answer.tokens_per_s, rate_text),
      rate_text(f.input_tokens_per_s), number_text(f.requests_per_s, 3), seconds_text(f.seconds)));
}

std::string each_text(const simulate::LatencyGoals& each) {
  std::vector<std::string> goals;
  const auto add = [&](std::string_view name, const std::optional<Seconds>& goal) {
    if (goal) goals.push_back(fmt::format("{} {}", name, to_text(*goal, 3)));
  };
  add("TTFT", each.ttft);
  add("TPOT", each.tpot);
  add("end to end", each.end_to_end);
  return join(goals, ", ");
}

std::string goals_lines(const Simulation& simulation, const SimulationAnswer& answer,
                        const CommonOptions& common) {
  std::string out;
  const FleetFigures& f = answer.figures;
  const std::string each = each_text(simulation.each);
  if (!each.empty()) {
    out += wrapped_line(fmt::format(
        "goodput {} requests/s {} {} of the requests within {}", number_text(f.goodput_per_s, 3),
        bar(f.good_share, kBarCells, common.unicode), share_text(f.good_share), each));
  }
  if (!answer.goals) return out;
  for (const simulate::LimitReading& reading : answer.goals->readings) {
    // That the fleet keeps up is nobody's goal: it is worth a line where it does not.
    const bool keeps_up = reading.metric == simulate::RateMetric::kEnded ||
                          reading.metric == simulate::RateMetric::kBehind;
    if (keeps_up && reading.met()) continue;
    out += wrapped_line(
        keeps_up ? fmt::format("note: the fleet may not keep up: {}", text(reading))
                 : fmt::format("goal {}: {}", text(reading), reading.met() ? "met" : "missed"));
  }
  return out;
}

std::string requests_line(const FleetFigures& f) {
  std::string out = fmt::format("requests: {} arrived, {} completed", count_text(f.arrived),
                                count_text(f.completed));
  const auto add = [&](std::int64_t count, std::string_view what) {
    if (count > 0) out += fmt::format(", {} {}", count_text(count), what);
  };
  add(f.too_long, "too long for the KV cache");
  add(f.timed_out, "timed out");
  add(f.lost, "lost with their replica");
  add(f.retried, "sent again");
  return wrapped_line(out);
}

// Of a search that was stopped: the next load that missed may be far above.
std::string found_so_far(const simulate::FoundRate& found) {
  const std::string out = fmt::format(
      "largest load so far {} requests/s, of {} runs; stopped before it was known to 1 %",
      number_text(*found.rate, 4), found.runs.size());
  const auto above =
      std::find_if(found.runs.begin(), found.runs.end(),
                   [&](const simulate::RateRun& r) { return r.rate > *found.rate && !r.met; });
  if (above == found.runs.end()) return wrapped_line(out);
  return wrapped_line(out + fmt::format("; at {} requests/s {}", number_text(above->rate, 4),
                                        text(binding(*above))));
}

std::string found_lines(const SimulationAnswer& answer) {
  if (!answer.found) return {};
  const simulate::FoundRate& found = *answer.found;
  if (found.stopped) return found_so_far(found);
  std::string out = fmt::format("largest load {} requests/s, to 1 % ({} runs)",
                                number_text(*found.rate, 4), found.runs.size());
  if (!found.limited) return wrapped_line(out + "; no higher one was tried");
  std::vector<std::string> binds;
  for (const simulate::LimitReading& reading : found.binds) binds.push_back(text(reading));
  return wrapped_line(out + fmt::format("; just above it: {}", join(binds, ", ")));
}

// --- Pools. ---

std::string pools_table(const SimulationAnswer& answer, const CommonOptions& common) {
  TextTable table{{{.title = "pool"},
                   {.title = "replicas", .right = true},
                   {.title = "busy", .right = true},
                   {.title = "batch", .right = true},
                   {.title = "KV mean", .right = true},
                   {.title = "KV most", .right = true},
                   {.title = "preempted", .right = true},
                   {.title = "prefix hits", .right = true},
                   {.title = "failed", .right = true, .drop_order = 2},
                   {.title = "board", .right = true},
                   {.title = "cost", .right = true, .drop_order = 1}},
                  {}};
  for (std::size_t i = 0; i < answer.pools.size(); ++i) {
    const SimulatedPool& pool = answer.pools[i];
    const simulate::PoolFigures& f = answer.figures.pools[i];
    const auto cached = static_cast<double>(f.record.cached_tokens);
    const double prompts = cached + static_cast<double>(f.record.prompt_tokens);
    table.rows.push_back(
        {pool.name,
         f.replicas_most > pool.chosen.replicas || f.replicas_mean < f.replicas_most
             ? fmt::format("{} (most {})", number_text(f.replicas_mean, 3), f.replicas_most)
             : std::to_string(f.replicas_most),
         share_text(f.utilisation), number_text(f.batch_mean, 3), share_text(f.kv_share_mean),
         share_text(f.kv_share_most), count_text(f.record.preemptions),
         prompts > 0 ? share_text(cached / prompts) : std::string{kUnknownText},
         f.failures > 0 ? count_text(f.failures) : "",
         pool.power.run ? to_text(Watts::from_base(pool.power.run->mean.estimate.value), 3)
                        : std::string{kUnknownText},
         pool.cost ? to_text(*pool.cost, 3) : ""});
  }
  return rendered(without_empty_columns(std::move(table)), common);
}

std::string energy_line(const SimulationAnswer& answer) {
  std::vector<std::string> parts;
  if (answer.energy) {
    const Estimate<double>& e = answer.energy->estimate;
    constexpr double kKwh = 3.6e6;
    parts.push_back(fmt::format("energy of the boards {} kWh ({} .. {})",
                                number_text(e.value / kKwh, 3), number_text(e.low / kKwh, 3),
                                number_text(e.high / kKwh, 3)));
  }
  for (const SimulatedPool& pool : answer.pools) {
    if (!pool.power.run) parts.push_back(fmt::format("power: {}", pool.power.unknown));
  }
  if (answer.joules_per_token) {
    parts.push_back(number_text(answer.joules_per_token->estimate.value, 3) + " J an output token");
  }
  const auto& first = answer.pools.front().power.run;
  if (answer.pools.size() == 1 && first && first->node) {
    parts.push_back(fmt::format("a server {}", to_text(first->node->total, 3)));
  }
  if (answer.cost) {
    std::string cost =
        fmt::format("cost {} ({})", to_text(*answer.cost, 3), to_text(*answer.cost_rate, 4));
    if (answer.usd_per_million_tokens) {
      cost += fmt::format(", {} USD per million output tokens",
                          number_text(*answer.usd_per_million_tokens, 3));
    }
    parts.push_back(std::move(cost));
  }
  return parts.empty() ? "" : wrapped_line(join(parts, " · "));
}

std::string rests_on(const SimulationAnswer& answer) {
  std::string out = "\n";
  if (!answer.assumed.empty()) out += wrapped_line("assumed: " + join(answer.assumed, " · "));
  for (const std::string& note : answer.notes) out += wrapped_line("note: " + note);
  for (const std::string& line : answer.provenance) out += wrapped_line(line);
  return out;
}

}  // namespace

std::string simulate_text(const Simulation& simulation, const SimulationAnswer& answer,
                          const CommonOptions& common) {
  const FleetFigures& f = answer.figures;
  std::string out = head(simulation, answer, common) + "\n" + found_lines(answer) +
                    latency_table(f, common) + intervals_line(answer) + "\n";
  out += throughput_line(answer) + goals_lines(simulation, answer, common) + requests_line(f) +
         energy_line(answer) + "\n" + pools_table(answer, common);
  return out + simulate_plots(answer, common) + rests_on(answer);
}

}  // namespace assay::present
