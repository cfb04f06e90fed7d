#include "present/plan_training_text.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"
#include "present/cli.h"
#include "present/colour.h"
#include "present/plan_lines.h"
#include "present/text_table.h"

namespace assay::present {

namespace {

using plan::days_text;
using plan::TrainingOption;
using plan::TrainingPlan;

std::string tokens_text(double tokens) {
  if (tokens >= 1e12) return number_text(tokens / 1e12) + "T";
  if (tokens >= 1e9) return number_text(tokens / 1e9) + "B";
  return grouped_text(tokens);
}

std::string percent(double share, int decimals = 0) {
  return fmt::format("{:.{}f} %", share * 100, decimals);
}

std::string question(const TrainingPlan& plan) {
  const plan::TrainingScenario& s = plan.scenario;
  std::string formats;
  for (const model::TrainingFormat format : s.formats) {
    formats += fmt::format("{}{}", formats.empty() ? "" : " or ", model::name(format));
  }
  std::string out = fmt::format("train {} · {} tokens · steps of {} × {} · {} · {}", plan.model.id,
                                tokens_text(s.run.tokens), grouped_text(s.job.batch),
                                grouped_text(s.job.sequence), formats, s.job.stack);
  if (s.job.lora_rank > 0) out += fmt::format(" · adapters of rank {}", s.job.lora_rank);
  if (s.run.deadline) {
    out += fmt::format(" · in {} with {} confidence", days_text(*s.run.deadline),
                       percent(s.confidence));
  }
  return wrapped_lines(out, "  ");
}

// "  days          46.2 days  8 of 10 within …"; the remark goes on below itself.
std::string figure_line(std::string_view name, const std::string& value,
                        const std::string& remark) {
  constexpr std::size_t kRemark = 27, kValue = 12;
  const std::size_t width = display_width(value);
  const std::string pad(width < kValue ? kValue - width : 0, ' ');
  std::string out = fmt::format("  {:<9}  {}{}", name, pad, value);
  bool first = true;
  for (const std::string& line : wrapped(remark, kWidthMax - kRemark)) {
    out += (first ? "  " : std::string(kRemark, ' ')) + line + "\n";
    first = false;
  }
  return out;
}

std::string lease_text(const market::Lease& lease) {
  if (!lease.rounds_up()) return fmt::format("{} paid", days_text(lease.paid));
  return fmt::format("{} paid, {} of them needed: {} of it used", days_text(lease.paid),
                     days_text(lease.needed), money(lease.used));
}

std::string offer_lines(const TrainingPlan& plan, const TrainingOption& best) {
  const market::Offer& offer = best.offer;
  const std::string said = fmt::format(
      "{}: {:.3f} USD an accelerator-hour, {}{}", offer.id, market::usd_per_accelerator_hour(offer),
      market::name(offer.kind), offer.date.empty() ? ", not dated" : ", " + offer.date);
  std::string out = "  offer      " + wrapped_lines(said, std::string(13, ' '));
  out += figure_line("lease", money(best.lease.cost), "in the mean: " + lease_text(best.lease));
  out += figure_line(fmt::format("  at {}", percent(plan.scenario.confidence)),
                     money(best.sure_lease.cost), lease_text(best.sure_lease));
  if (plan.other_period) {
    const TrainingOption& other = plan.options[*plan.other_period];
    out +=
        figure_line(fmt::format("by {}", market::name(other.offer.period)), money(other.lease.cost),
                    fmt::format("{}: {} × {}, {}", other.offer.id, grouped_text(other.accelerators),
                                other.offer.accelerator, lease_text(other.lease)));
  }
  return out;
}

std::string run_lines(const TrainingOption& best) {
  const model::TrainingRunEstimate& run = *best.predicted.run;
  const model::Goodput& g = run.goodput;
  std::string late;
  if (run.in_time) {
    late = fmt::format("; {} in time",
                       *run.in_time > 0.9995 ? "sure to be" : percent(*run.in_time, 1));
  }
  std::string out =
      figure_line("days", days_text(run.expected),
                  fmt::format("expected ({} without failures); 8 of 10 within {} .. {}{}",
                              days_text(run.full_speed), days_text(run.finish.p10),
                              days_text(run.finish.p90), late));
  return out + figure_line("failures", number_text(run.failures, 3),
                           fmt::format("goodput {}: checkpoints {}, done again {}, restarts {}, "
                                       "repairs {}; a checkpoint every {}",
                                       percent(g.useful, 1), percent(g.checkpoint, 1),
                                       percent(g.lost, 1), percent(g.restart, 1),
                                       percent(g.repair, 1), to_text(g.interval, 3)));
}

std::string step_lines(const TrainingOption& best) {
  const search::PredictedTraining& p = best.predicted;
  const auto seconds = [](double s) { return to_text(Seconds::from_base(s), 3); };
  std::string out = figure_line("step", seconds(p.seconds.value),
                                fmt::format("({} .. {}), {} of them", seconds(p.seconds.low),
                                            seconds(p.seconds.high), grouped_text(p.run->steps)));
  std::vector<search::WaterfallStep> losses = p.waterfall.losses;
  std::stable_sort(losses.begin(), losses.end(),
                   [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  std::string lost;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, losses.size()); ++i) {
    lost += fmt::format("{}{} {}", i == 0 ? "; lost to " : ", ", losses[i].name,
                        percent(losses[i].mfu, 1));
  }
  out +=
      figure_line("MFU", percent(p.mfu.value, 1),
                  fmt::format("({} .. {}){}", percent(p.mfu.low, 1), percent(p.mfu.high, 1), lost));
  const double memory = p.step.memory.total();
  out += figure_line(
      "memory", to_text(Bytes::from_base(memory), 3),
      fmt::format("of {} usable, {}", to_text(p.usable, 3), percent(memory / p.usable.base())));
  return out;
}

std::string energy_text(Joules energy) {
  const double mwh = energy.base() / 3.6e9;
  return mwh >= 1000 ? number_text(mwh / 1000, 3) + " GWh" : number_text(mwh, 3) + " MWh";
}

std::string power_lines(const TrainingOption& best) {
  const model::TrainingRunEstimate& run = *best.predicted.run;
  const auto& power = best.predicted.power;
  const bool hosts = power && power->host.has_value();
  std::string out = figure_line("energy", run.energy ? energy_text(*run.energy) : "unknown",
                                hosts ? "boards and hosts" : "boards only");
  return out + figure_line("power", best.power ? to_text(*best.power, 3) : "unknown",
                           best.power ? best.power_basis : "");
}

std::string choice_block(const TrainingPlan& plan, const CommonOptions& options) {
  const TrainingOption& best = plan.options.front();
  const std::string spares = best.spare_accelerators > 0
                                 ? fmt::format(" + {} spare", grouped_text(best.spare_accelerators))
                                 : "";
  const std::string head = fmt::format(
      "  {}{} × {} ({}), {}", grouped_text(best.accelerators), spares, best.offer.accelerator,
      units_text(best.offer, best.lease.units), model::name(best.format));
  const std::string tail =
      fmt::format("{}   {}", money(best.lease.cost), days_text(best.predicted.run->expected));
  std::string out = headline(head, tail, options);
  out += fmt::format("  layout     {}\n", to_text(best.predicted.layout));
  out += offer_lines(plan, best) + run_lines(best) + step_lines(best);
  out += figure_line("hours", grouped_text(best.predicted.run->accelerator_time / kHour),
                     "accelerator-hours that train");
  return out + power_lines(best) +
         fmt::format("  Intervals at {}: {}.\n", percent(kCoverage), best.predicted.interval.tier);
}

// What the ranking does not show.
std::string left_out(const TrainingPlan& plan, std::size_t shown) {
  const std::size_t others = plan.shortlist.size() - shown;
  const std::size_t dearer = plan.options.size() - plan.shortlist.size();
  std::string out;
  if (others > 0) {
    out = fmt::format("{} more (--runners-up {})", others, plan.shortlist.size() - 1);
  }
  if (dearer > 0) {
    out += fmt::format("{}{} other offer{} of the same accelerators (--json lists all)",
                       out.empty() ? "" : "; ", dearer, dearer == 1 ? "" : "s");
  }
  return out.empty() ? out : "  " + wrapped_lines("… and " + out, "    ");
}

std::string ranking(const TrainingPlan& plan, const CommonOptions& options, int runners_up) {
  TextTable table{{{"rank", true, 0},
                   {"accelerators", false, 0},
                   {"cost", true, 0},
                   {"days", true, 0},
                   {.title = fmt::format("{} by", percent(plan.scenario.confidence)),
                    .right = true,
                    .key = "sure"},
                   {"MFU", true, 0},
                   {"failures", true, 2},
                   {.title = "why not first", .drop_order = 0, .wraps = true, .wrap_min = 14},
                   {"layout", false, 1},
                   {"energy", true, 3},
                   {"offer", false, 4}},
                  {}};
  const std::size_t shown =
      std::min(plan.shortlist.size(), static_cast<std::size_t>(runners_up) + 1);
  const auto days = [](Seconds s) { return number_text(s / (kHour * 24.0), 3); };
  for (std::size_t i = 0; i < shown; ++i) {
    const TrainingOption& o = plan.options[plan.shortlist[i]];
    const model::TrainingRunEstimate& run = *o.predicted.run;
    table.rows.push_back(
        {fmt::format("{}", i + 1),
         fmt::format("{} × {} {}", grouped_text(o.accelerators), o.offer.accelerator,
                     model::name(o.format)),
         money(o.lease.cost), days(run.expected), days(o.sure), percent(o.predicted.mfu.value),
         grouped_text(run.failures), o.why_not_first, to_text(o.predicted.layout),
         run.energy ? energy_text(*run.energy) : std::string{kUnknownText}, o.offer.id});
  }
  const std::size_t width = options.wide ? kWidthUnlimited : kWidthMax;
  return "\n" + render_table(table, OutputFormat::kTable, width, options.colour) +
         left_out(plan, shown);
}

std::string infeasible_block(const TrainingPlan& plan, const CommonOptions& options) {
  std::string out = paint("No plan meets every constraint.", Colour::kBold, options.colour) + "\n";
  if (plan.relaxations.empty()) {
    out += "No single constraint, moved alone, makes one feasible.\n";
  } else {
    out += "Any one of these changes makes it feasible, cheapest first:\n";
  }
  for (const plan::TrainingRelaxation& r : plan.relaxations) {
    out += "  " + wrapped_lines(fmt::format("{}: asked {}, feasible at {}: {}: {} in {}",
                                            r.constraint, r.asked, r.needed, r.option,
                                            money(r.cost), days_text(r.expected)),
                                "    ");
  }
  if (plan.relaxations.empty() || plan.no_help.empty()) return out;
  return out + wrapped_lines("Moved alone, these do not help: " + join(plan.no_help, ", "), "  ");
}

std::string counts(const TrainingPlan& plan) {
  std::string out =
      fmt::format("{} candidates (offers × formats × counts): {} feasible · {} layouts searched",
                  plan.candidates, plan.feasible, grouped_text(static_cast<double>(plan.layouts)));
  for (const plan::Rejected& rejected : plan.rejected) {
    out += fmt::format(" · {} {}", rejected.count, describe(rejected.reason));
  }
  return "\n" + wrapped_lines(out, "  ");
}

// Accelerators that are in no plan, by reason.
std::string misses(const TrainingPlan& plan) {
  std::map<plan::Reason, std::string> by_reason;
  for (const plan::TrainingMiss& miss : plan.misses) {
    if (miss.reason < plan::Reason::kUnknownFigure) continue;
    std::string& list = by_reason[miss.reason];
    list += (list.empty() ? "" : ", ") + miss.accelerator;
  }
  std::string out;
  for (const auto& [reason, list] : by_reason) {
    out += wrapped_lines(fmt::format("in no plan, as they {}: {}", describe(reason), list), "    ");
  }
  return out;
}

// What would make the nearest of those that do not fit fit.
std::string fixes(const TrainingPlan& plan) {
  if (plan.fixes.empty()) return "";
  std::string text;
  for (const model::TrainingFix& fix : plan.fixes) {
    text += fmt::format("{}{} ({}, {} a step)", text.empty() ? "it fits with " : ", or with ",
                        fix.change, to_text(fix.layout),
                        to_text(Seconds::from_base(fix.step.time.total), 3));
  }
  return wrapped_lines(text, "    ");
}

std::string effect_text(const plan::TrainingSensitivity& s) {
  if (s.cost_ratio == 0) return "infeasible";
  const auto change = [](double ratio, std::string_view what) {
    const double percents = std::round((ratio - 1) * 100);
    return percents == 0 ? fmt::format("same {}", what)
                         : fmt::format("{:+.0f} % {}", percents, what);
  };
  const std::string effect = change(s.cost_ratio, "cost") + ", " + change(s.time_ratio, "time");
  return s.option.empty() ? effect : fmt::format("{} ({})", effect, s.option);
}

std::string sensitivity_lines(const TrainingPlan& plan) {
  if (plan.sensitivities.empty()) return "";
  std::string out = "\nSensitive to:\n";
  for (const plan::TrainingSensitivity& s : plan.sensitivities) {
    out += "  " + wrapped_lines(fmt::format("{} → {}", s.change, effect_text(s)), "    ");
  }
  return out;
}

std::string assumptions(const TrainingPlan& plan) {
  std::string text;
  const auto add = [&](const std::string& item) {
    text += (text.empty() ? "Assumed: " : " · ") + item;
  };
  if (plan.is_feasible()) {
    for (const std::string& item : plan.options.front().assumed) add(item);
  }
  for (const plan::Assumed& item : plan.scenario.assumed) add(item.key + " " + item.value);
  std::string out = text.empty() ? text : wrapped_lines(text, "  ");
  if (plan.is_feasible()) {
    for (const std::string& line : plan.options.front().provenance) {
      out += wrapped_lines("From " + line, "  ");
    }
  }
  std::string notes =
      "Prices: " +
      (plan.oldest_price.empty() ? std::string{"not dated"} : "the oldest of " + plan.oldest_price);
  for (const std::string& note : plan.notes) notes += " · " + note;
  return out + wrapped_lines(notes, "  ");
}

}  // namespace

std::string plan_training_text(const TrainingPlan& plan, const CommonOptions& options,
                               int runners_up) {
  std::string out = question(plan) + "\n";
  if (plan.is_feasible()) {
    out += choice_block(plan, options) + ranking(plan, options, runners_up);
  } else {
    out += infeasible_block(plan, options);
  }
  out += counts(plan) + nearest_misses(plan.rejected) + fixes(plan) + misses(plan);
  out += sensitivity_lines(plan) + assumptions(plan);
  if (plan.is_feasible()) {
    out +=
        fmt::format("Next: assay plan {} --save plan.json · assay explain plan.json lease_cost\n",
                    plan.scenario.file);
  }
  out += fmt::format("assay {} · catalog {} {} · scenario {}\n", version(), plan.catalog_date,
                     plan.catalog_hash.substr(0, 6), plan.scenario.hash.substr(0, 6));
  return options.unicode ? out : ascii(out);
}

}  // namespace assay::present
