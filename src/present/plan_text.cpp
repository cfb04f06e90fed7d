#include "present/plan_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"
#include "plan/figures.h"
#include "plan/relax.h"
#include "present/cli.h"
#include "present/colour.h"
#include "present/plan_lines.h"
#include "present/text_table.h"

namespace assay::present {

namespace {

using plan::Fleet;
using plan::Plan;

constexpr int kBarCells = 12;

std::string statistic_text(workload::Statistic statistic) {
  constexpr std::string_view kNames[] = {"mean", "p50", "p90", "p95", "p99"};
  return std::string{kNames[static_cast<std::size_t>(statistic)]};
}

std::string limit_text(std::string_view figure,
                       const std::optional<workload::LatencyLimit>& limit) {
  if (!limit) return "";
  return fmt::format(" · {} {} ≤ {}", figure, statistic_text(limit->statistic),
                     to_text(limit->at_most, 3));
}

std::string question(const Plan& plan) {
  const auto& demand = plan.scenario.demand;
  return fmt::format("{} · {} req/s · {} in / {} out{}{}", plan.model.id,
                     number_text(demand.rate.base()), number_text(demand.input_tokens),
                     number_text(demand.output_tokens), limit_text("TTFT", demand.ttft),
                     limit_text("TPOT", demand.tpot));
}

std::string per_mtok(const Fleet& fleet) {
  return "$" + fmt::format("{:.2f}", fleet.usd_per_million_output_tokens);
}

std::string layout(const Fleet& fleet) {
  return fmt::format("tp{} × {}", fleet.deployment.tensor, fleet.replicas);
}

struct ShownLatency {
  std::string_view name;
  const simulate::LatencyFigures& figures;
  const Estimate<Seconds>& mean;
  const std::optional<workload::LatencyLimit>& limit;
};

// "TTFT p99  231 ms  (120 ms .. 450 ms)  ████░░  23 % of the limit": the statistic that is limited.
std::string latency_line(const ShownLatency& shown, const CommonOptions& options) {
  const auto statistic = shown.limit ? shown.limit->statistic : workload::Statistic::kMean;
  const Estimate<Seconds> reached = plan::latency_statistic(shown.figures, shown.mean, statistic);
  const std::string interval = "(" + plan::interval_text(reached) + ")";
  std::string line = fmt::format("  {} {:<4}  {:>8}  ", shown.name, statistic_text(statistic),
                                 to_text(reached.value, 3));
  if (!shown.limit) return line + interval + "\n";
  line += fmt::format("{:<22}", interval);
  const double share = reached.value / shown.limit->at_most;
  line += fmt::format("  {}  {:.0f} % of the limit", bar(share, kBarCells, options.unicode),
                      share * 100);
  if (reached.high > shown.limit->at_most) line += "; interval passes it";
  return line + "\n";
}

// The other statistics.
std::string others(const simulate::LatencyFigures& f, workload::Statistic shown) {
  const std::pair<workload::Statistic, double> all[] = {{workload::Statistic::kMean, f.mean},
                                                        {workload::Statistic::kP50, f.p50},
                                                        {workload::Statistic::kP90, f.p90},
                                                        {workload::Statistic::kP95, f.p95},
                                                        {workload::Statistic::kP99, f.p99}};
  std::string out;
  for (const auto& [statistic, seconds] : all) {
    if (statistic == shown) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : " · ", statistic_text(statistic),
                       to_text(Seconds::from_base(seconds), 3));
  }
  return out;
}

// What the simulated requests of the choice tell besides.
std::string simulated_lines(const Fleet& best, bool limited) {
  const plan::SimulatedServing& s = *best.simulated;
  std::string out = fmt::format("  request    {:>8}  mean, to its end; {}\n",
                                to_text(Seconds::from_base(s.end_to_end.mean), 3),
                                others(s.end_to_end, workload::Statistic::kMean));
  if (!limited) return out;
  return out +
         fmt::format("  goodput    {:>8}  {} % of the requests within the limits, each by itself\n",
                     number_text(s.goodput_per_s, 3) + " /s", number_text(s.good_share * 100, 3));
}

// For a reader who would rather pay than risk the limits: the first fleet that keeps them anyhow.
std::string cautious_line(const Plan& plan) {
  if (!plan.scenario.demand.ttft && !plan.scenario.demand.tpot) return "";
  if (!plan.cautious) return "  No fleet keeps the limits over the whole of its intervals.\n";
  if (*plan.cautious == 0) return "";
  const Fleet& fleet = plan.fleets[*plan.cautious];
  return fmt::format("  Limits kept over the whole intervals: {} ({} /month)\n",
                     plan::fleet_text(fleet), money(fleet.usd_per_month));
}

std::string choice_block(const Plan& plan, const CommonOptions& options) {
  const Fleet& best = plan.fleets.front();
  const std::string head =
      fmt::format("  {} × {} ({}), {}, {} replica{}, {}", best.accelerators, best.offer.accelerator,
                  units_text(best.offer, best.units), best.deployment.engine, layout(best),
                  best.replicas == 1 ? "" : "s", catalog::name(best.deployment.weights));
  const std::string price =
      fmt::format("{} /Mtok out   {} /month", per_mtok(best), money(best.usd_per_month));
  std::string out = headline(head, price, options);
  const market::Offer& offer = best.offer;
  out += fmt::format("  offer      {}: {:.3f} USD an accelerator-hour, {}{}\n", offer.id,
                     market::usd_per_accelerator_hour(offer), market::name(offer.kind),
                     offer.date.empty() ? ", not dated" : ", " + offer.date);
  const auto& demand = plan.scenario.demand;
  const plan::SimulatedServing& simulated = *best.simulated;
  const std::vector<ShownLatency> shown{{"TTFT", simulated.ttft, best.serving.ttft, demand.ttft},
                                        {"TPOT", simulated.tpot, best.serving.tpot, demand.tpot}};
  for (const ShownLatency& latency : shown) {
    const auto& limit = latency.limit;
    out += latency_line(latency, options);
    out +=
        fmt::format("{:23}{}\n", "",
                    others(latency.figures, limit ? limit->statistic : workload::Statistic::kMean));
  }
  out += simulated_lines(best, demand.ttft || demand.tpot);
  out += fmt::format(
      "  load       {:>8}  {:<22}  of what it holds; decode bound by {}\n",
      fmt::format("{:.0f} %", best.rate_share.value * 100),
      fmt::format("({:.0f} .. {:.0f} %)", best.rate_share.low * 100, best.rate_share.high * 100),
      model::name(best.serving.bound));
  out += fmt::format(
      "  KV cache   {:>8}  at its peak, {:.0f} % in the mean; room for {} sequences a replica{}\n",
      fmt::format("{:.0f} %", simulated.kv_most * 100), best.serving.kv_share * 100,
      grouped_text(best.serving.batch_max),
      simulated.preemptions > 0
          ? fmt::format("; {} preemptions",
                        grouped_text(static_cast<double>(simulated.preemptions)))
          : "");
  out += fmt::format("  power      {:>8}  {}\n", best.power ? to_text(*best.power, 3) : "unknown",
                     best.power ? best.power_basis : "");
  out += fmt::format(
      "  Simulated: {} requests. Intervals are those of means, at 90 %; percentiles carry the "
      "same.\n",
      grouped_text(static_cast<double>(simulated.requests)));
  out += cautious_line(plan);
  return out;
}

// What the ranking does not show: other accelerators, and dearer offers of those shown.
std::string left_out(const Plan& plan, std::size_t shown) {
  const std::size_t others = plan.shortlist.size() - shown;
  const std::size_t dearer = plan.fleets.size() - plan.shortlist.size();
  std::string out;
  if (others > 0) {
    out = fmt::format("{} more (--runners-up {})", others, plan.shortlist.size() - 1);
  }
  if (dearer > 0) {
    out += fmt::format("{}{} dearer offer{} of the same accelerators (--json lists all)",
                       out.empty() ? "" : "; ", dearer, dearer == 1 ? "" : "s");
  }
  if (plan.unranked > 0) {
    out += fmt::format("{}{} offer{} that can only be dearer, not simulated",
                       out.empty() ? "" : "; ", plan.unranked, plan.unranked == 1 ? "" : "s");
  }
  return out.empty() ? out : "  " + wrapped_lines("… and " + out, "    ");
}

std::string ranking(const Plan& plan, const CommonOptions& options, int runners_up) {
  TextTable table{{{"rank", true, 0},
                   {"fleet", false, 0},
                   {"layout", false, 0},
                   {"$/Mtok", true, 0},
                   {"$/month", true, 0},
                   {"TTFT p99", true, 0},
                   {"TPOT p99", true, 0},
                   {"goodput", true, 2},
                   {"load", true, 1},
                   {.title = "why not first", .drop_order = 0, .wraps = true, .wrap_min = 14},
                   {"seller", false, 3},
                   {"offer", false, 4}},
                  {}};
  const std::size_t shown =
      std::min(plan.shortlist.size(), static_cast<std::size_t>(runners_up) + 1);
  for (std::size_t i = 0; i < shown; ++i) {
    const Fleet& f = plan.fleets[plan.shortlist[i]];
    table.rows.push_back({fmt::format("{}", i + 1),
                          fmt::format("{} × {}", f.accelerators, f.offer.accelerator),
                          fmt::format("{} {}", layout(f), catalog::name(f.deployment.weights)),
                          fmt::format("{:.2f}", f.usd_per_million_output_tokens),
                          grouped_text(f.usd_per_month.base()),
                          to_text(Seconds::from_base(f.simulated->ttft.p99), 3),
                          to_text(Seconds::from_base(f.simulated->tpot.p99), 3),
                          number_text(f.simulated->goodput_per_s, 3) + " /s",
                          fmt::format("{:.0f} %", f.rate_share.value * 100), f.why_not_first,
                          f.offer.seller, f.offer.id});
  }
  const std::size_t width = options.wide ? kWidthUnlimited : kWidthMax;
  return "\n" + render_table(table, OutputFormat::kTable, width, options.colour) +
         left_out(plan, shown);
}

std::string counts(const Plan& plan) {
  std::string out = fmt::format("\n{} candidates: {} feasible · {} layouts simulated",
                                plan.candidates, plan.feasible, plan.simulated);
  for (const plan::Rejected& rejected : plan.rejected) {
    out += fmt::format(" · {} {}", rejected.count, describe(rejected.reason));
  }
  return out;
}

std::string effect_text(const plan::Sensitivity& s) {
  if (s.cost_ratio == 0) return "infeasible";
  const double change = std::round((s.cost_ratio - 1) * 100);
  const std::string cost = change == 0 ? "same cost" : fmt::format("{:+.0f} % cost", change);
  return s.fleet.empty() ? cost : fmt::format("{} ({})", cost, s.fleet);
}

std::string sensitivity_lines(const Plan& plan) {
  if (plan.sensitivities.empty()) return "";
  std::string text;
  for (const plan::Sensitivity& s : plan.sensitivities) {
    text +=
        fmt::format("{}{} → {}", text.empty() ? "Sensitive to: " : " · ", s.change, effect_text(s));
  }
  return "\n" + wrapped_lines(text, "  ");
}

std::string infeasible_block(const Plan& plan, const CommonOptions& options) {
  std::string out = paint("No plan meets every constraint.", Colour::kBold, options.colour) + "\n";
  if (plan.relaxations.empty()) {
    out += "No single constraint, moved alone, makes one feasible.\n";
    return out;
  }
  out += "Any one of these changes makes it feasible, cheapest first:\n";
  for (const plan::Relaxation& r : plan.relaxations) {
    out +=
        wrapped_lines(fmt::format("  {}: asked {}, feasible at {}: {} at {} /month", r.constraint,
                                  r.asked, r.needed, r.fleet, money(r.usd_per_month)),
                      "    ");
  }
  return out;
}

std::string assumptions(const Plan& plan) {
  std::string text;
  const auto add = [&](const std::string& item) {
    text += (text.empty() ? "Assumed: " : " · ") + item;
  };
  if (plan.is_feasible()) {
    for (const std::string& item : plan.fleets.front().assumed) add(item);
  }
  for (const plan::Assumed& item : plan.scenario.assumed) {
    if (item.key != "seed") add(item.key + " " + item.value);
  }
  std::string out = text.empty() ? text : wrapped_lines(text, "  ");
  std::string notes =
      "Prices: " +
      (plan.oldest_price.empty() ? std::string{"not dated"} : "the oldest of " + plan.oldest_price);
  for (const std::string& note : plan.notes) notes += " · " + note;
  return out + wrapped_lines(notes, "  ");
}

}  // namespace

std::string plan_text(const Plan& plan, const CommonOptions& options, int runners_up) {
  std::string out = question(plan) + "\n";
  if (!plan.traffic.empty()) out += wrapped_lines(plan.traffic, "  ");
  out += "\n";
  if (plan.is_feasible()) {
    out += choice_block(plan, options) + ranking(plan, options, runners_up);
  } else {
    out += infeasible_block(plan, options);
  }
  out +=
      wrapped_lines(counts(plan).substr(1), "  ").insert(0, "\n") + nearest_misses(plan.rejected);
  out += sensitivity_lines(plan) + assumptions(plan);
  if (plan.is_feasible()) {
    out += fmt::format("Next: assay plan {} --save plan.json · assay explain plan.json tpot_mean\n",
                       plan.scenario.file);
  }
  out += fmt::format("assay {} · seed {} · catalog {} {} · scenario {}\n", version(),
                     plan.scenario.seed, plan.catalog_date, plan.catalog_hash.substr(0, 6),
                     plan.scenario.hash.substr(0, 6));
  return options.unicode ? out : ascii(out);
}

}  // namespace assay::present
