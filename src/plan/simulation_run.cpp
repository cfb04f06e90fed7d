#include "plan/simulation_run.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "model/runnable.h"
#include "search/predict_serving.h"

namespace assay::plan {

namespace {

using search::IntervalWidth;
using simulate::FleetFigures;
using simulate::Role;

constexpr double kSamples = 200, kSamplesMax = 5e6;
constexpr double kSecondsMax = 100 * 365.25 * 86400;
constexpr double kFoundWithin = 0.01;
// A first guess below what full replicas would do: arrivals bunch, and goals bind before.
constexpr double kGuess = 0.6;

// 1, 2 or 5 times a power of ten, at least `value`.
double round_up(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double digit : {1.0, 2.0, 5.0}) {
    if (digit * power >= value) return digit * power;
  }
  return 10 * power;
}

// What the run may take, roughly; 0: nobody knows.
double seconds_of(const Simulation& simulation, const MixedTraffic& traffic,
                  const PreparedFleet& fleet) {
  double seconds = 0;
  for (const TrafficPart& part : simulation.traffic) {
    if (part.spec.duration) seconds = std::max(seconds, part.spec.duration->base());
  }
  if (const auto requests = traffic.requests()) {
    const auto rate = simulation.concurrency > 0 ? std::nullopt : traffic.mean_rate();
    const double most = rate ? std::min(*rate, fleet.capacity) : fleet.capacity;
    if (most > 0) seconds = static_cast<double>(*requests) / most;
  }
  return seconds;
}

// About 200 samples.
Seconds sampling(const Simulation& simulation, const MixedTraffic& traffic,
                 const PreparedFleet& fleet) {
  if (simulation.sample_every) return *simulation.sample_every;
  const double seconds = seconds_of(simulation, traffic, fleet);
  if (seconds <= 0) return Seconds::from_base(1);
  return Seconds::from_base(round_up(std::max(seconds / kSamples, 1e-3)));
}

simulate::FleetRun run_of(const Simulation& simulation, const PreparedSimulation& prepared,
                          const std::shared_ptr<MixedTraffic>& traffic) {
  simulate::FleetRun run;
  run.next = [traffic](workload::TrafficRequest& request) { return traffic->next(request); };
  run.concurrency = simulation.concurrency;
  run.warm_up = simulation.warm_up;
  run.goals = simulation.each;
  run.sample_every = sampling(simulation, *traffic, *prepared.fleet);
  run.every_iteration = simulation.every_iteration;
  return run;
}

FleetFigures run_once(const Simulation& simulation, PreparedSimulation& prepared,
                      const SimulationView& view, std::optional<Error>& failure) {
  const auto traffic = std::make_shared<MixedTraffic>(prepared.traffic.again());
  simulate::FleetRun run = run_of(simulation, prepared, traffic);
  run.timeline = view.timeline;
  run.on_result = view.on_result;
  if (view.progress) {
    const auto requests = prepared.traffic.requests();
    run.progress = [&view, requests](std::int64_t over, SimTime now) {
      return view.progress(over, requests, now);
    };
  }
  FleetFigures figures = simulate::run_fleet(prepared.fleet->fleet, run);
  failure = traffic->failure();
  return figures;
}

bool has_each(const Simulation& simulation) {
  const simulate::LatencyGoals& each = simulation.each;
  return each.ttft || each.tpot || each.end_to_end;
}

simulate::RateLimits limits_of(const Simulation& simulation) {
  simulate::RateLimits limits{.latencies = simulation.goals, .good_share = {}};
  if (has_each(simulation)) limits.good_share = simulation.share;
  return limits;
}

simulate::FoundRate find(const Simulation& simulation, PreparedSimulation& prepared,
                         const SimulationView& view) {
  std::mutex one_at_a_time;
  int runs = 0;
  const auto at = [&](double rate) {
    FleetFigures none;
    none.stopped = true;
    if (view.stop && view.stop()) return none;
    const auto traffic = std::make_shared<MixedTraffic>(prepared.traffic.at_rate(rate));
    simulate::FleetRun run = run_of(simulation, prepared, traffic);
    if (view.stop) run.progress = [&view](std::int64_t, SimTime) { return !view.stop(); };
    FleetFigures figures = simulate::run_fleet(prepared.fleet->fleet, run);
    const std::lock_guard lock{one_at_a_time};
    ++runs;
    if (view.tried) view.tried(runs, rate);
    return figures;
  };
  const double guess = std::max(1e-3, kGuess * prepared.fleet->capacity);
  return simulate::find_rate(at, limits_of(simulation), guess, kFoundWithin, view.jobs);
}

// --- Power and cost. ---

void add_power(const PreparedFleet& fleet, SimulationAnswer& answer) {
  const FleetFigures& f = answer.figures;
  double energy = 0, low = 0, high = 0;
  bool known = true;
  std::string regime;
  for (std::size_t i = 0; i < answer.pools.size(); ++i) {
    SimulatedPool& pool = answer.pools[i];
    const simulate::PoolFigures& did = f.pools[i];
    pool.power = search::pool_power(fleet.subject(i), fleet.tables(),
                                    {.deployment = pool.chosen.deployment,
                                     .step = fleet.steps[i],
                                     .profile = did.record.profile,
                                     .replica_seconds = did.replica_seconds,
                                     .output_tokens = static_cast<double>(f.output_tokens)});
    known = known && pool.power.run.has_value();
    if (!pool.power.run) continue;
    const Estimate<double>& e = pool.power.run->energy.estimate;
    energy += e.value;
    low += e.low;
    high += e.high;
    regime = pool.power.run->energy.regime;
    if (pool.power.run->joules_per_token) {
      const search::ServingFigure& each = *pool.power.run->joules_per_token;
      search::ServingFigure& all = answer.joules_per_token.emplace(
          answer.joules_per_token.value_or(search::ServingFigure{{}, each.regime}));
      all.estimate.value += each.estimate.value;
      all.estimate.low += each.estimate.low;
      all.estimate.high += each.estimate.high;
    }
  }
  if (!known) answer.joules_per_token.reset();
  if (known) answer.energy = search::ServingFigure{{energy, low, high}, regime};
}

// Accelerators that stand idle are paid for as long as the others.
void add_cost(const PreparedFleet& fleet, SimulationAnswer& answer) {
  Usd cost;
  UsdPerSecond rate;
  bool known = true;
  for (std::size_t i = 0; i < answer.pools.size(); ++i) {
    SimulatedPool& pool = answer.pools[i];
    const simulate::PoolFigures& did = answer.figures.pools[i];
    known = known && pool.price.has_value();
    if (!pool.price) continue;
    const int each = pool.chosen.deployment.accelerators();
    const double seconds = did.replicas_mean > 0 ? did.replica_seconds / did.replicas_mean : 0;
    const double paid = did.replicas_mean * each + pool.chosen.idle;
    pool.cost = *pool.price * Seconds::from_base(paid * seconds);
    cost += *pool.cost;
    rate += *pool.price * paid;
  }
  if (!known || fleet.pools.empty()) return;
  answer.cost = cost;
  answer.cost_rate = rate;
  if (answer.figures.output_tokens_per_s > 0) {
    answer.usd_per_million_tokens = rate.base() / answer.figures.output_tokens_per_s * 1e6;
  }
}

// --- Intervals: those of the pools that a figure comes from; the widest of them. ---

IntervalWidth widest(const PreparedFleet& fleet, std::string_view metric, Role not_of) {
  IntervalWidth widest{"", 0};
  for (std::size_t i = 0; i < fleet.pools.size(); ++i) {
    if (fleet.pools[i].role == not_of) continue;
    IntervalWidth width =
        search::interval_width(fleet.subject(i), fleet.tables(), "server", metric);
    if (width.half_width > widest.half_width) widest = std::move(width);
  }
  return widest;
}

void add_intervals(const PreparedFleet& fleet, SimulationAnswer& answer) {
  const FleetFigures& f = answer.figures;
  answer.ttft = search::figure(f.ttft.mean, widest(fleet, "ttft", Role::kDecode));
  answer.tpot = search::figure(f.tpot.mean, widest(fleet, "tpot", Role::kPrefill));
  answer.tokens_per_s =
      search::figure(f.output_tokens_per_s, widest(fleet, "throughput", Role::kPrefill));
}

// --- What a reader should know. ---

void add_once(std::vector<std::string>& lines, std::string line) {
  if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
}

void add_assumed(const Simulation& simulation, SimulationAnswer& answer) {
  int replicas = 0;
  for (const SimulatedPool& pool : answer.pools) {
    for (const std::string& line : pool.chosen.assumed) {
      const bool of_all =
          std::all_of(answer.pools.begin(), answer.pools.end(), [&](const SimulatedPool& other) {
            const auto& lines = other.chosen.assumed;
            return std::find(lines.begin(), lines.end(), line) != lines.end();
          });
      add_once(answer.assumed, of_all ? line : pool.name + ": " + line);
    }
    replicas += pool.chosen.replicas;
  }
  if (!simulation.routing_said && replicas > 1) {
    add_once(answer.assumed, fmt::format("routing {}", simulate::name(simulation.routing)));
  }
  for (const std::string& line : simulation.assumed) add_once(answer.assumed, line);
  for (const std::string& line : answer.traffic.report.assumed) add_once(answer.assumed, line);
}

void add_notes(const PreparedFleet& fleet, SimulationAnswer& answer) {
  const auto longest = 0LL + answer.traffic.input_max + answer.traffic.output_max;
  for (std::size_t i = 0; i < answer.pools.size(); ++i) {
    const SimulatedPool& pool = answer.pools[i];
    const catalog::LanguageModel& model = fleet.model_of(i);
    for (std::string& note :
         model::deployment_notes(model, pool.hardware, pool.chosen.deployment)) {
      add_once(answer.notes, std::move(note));
    }
    if (model.context_max > 0 && longest > model.context_max) {
      add_once(answer.notes, fmt::format("requests of up to {} tokens, {} is published for {}",
                                         grouped_text(static_cast<double>(longest)), model.id,
                                         grouped_text(model.context_max)));
    }
    for (std::string& line :
         search::provenance(fleet.subject(i), fleet.tables(), pool.chosen.deployment)) {
      add_once(answer.provenance, std::move(line));
    }
  }
  if (answer.figures.stopped) add_once(answer.notes, "stopped before the end of the traffic");
  if (answer.found && answer.found->stopped) {
    add_once(answer.notes, "stopped before the end of the search: a higher load may hold as well");
  }
}

}  // namespace

Checked<PreparedSimulation> prepare_simulation(const Simulation& simulation,
                                               const catalog::Catalog& catalog) {
  auto traffic = open_mixed_traffic(simulation);
  if (!traffic) return tl::unexpected(traffic.error());
  AskedTraffic asked = look_at(*traffic, simulation);
  if (asked.looked_at == 0) {
    return tl::unexpected(Errors{{.what = "the traffic has no request",
                                  .expected = "at least one",
                                  .near = {},
                                  .where = simulation.traffic.front().where}});
  }
  if (simulation.find_rate && !traffic->may_have_rate()) {
    return tl::unexpected(Errors{{.what = "all requests come at once: there is no rate to find",
                                  .expected = "a traffic that takes some time",
                                  .near = {},
                                  .where = simulation.traffic.front().where}});
  }
  auto fleet = prepare_fleet(simulation, asked, catalog);
  if (!fleet) return tl::unexpected(fleet.error());
  if (seconds_of(simulation, *traffic, **fleet) > kSecondsMax) {
    return tl::unexpected(Errors{{.kind = Error::Kind::kLimit,
                                  .what = "the traffic takes more than 100 years",
                                  .expected = "fewer requests, or a higher rate",
                                  .near = {},
                                  .where = simulation.traffic.front().where}});
  }
  if (simulation.sample_every) {
    const double samples =
        seconds_of(simulation, *traffic, **fleet) / simulation.sample_every->base();
    if (samples > kSamplesMax) {
      return tl::unexpected(
          Errors{{.kind = Error::Kind::kLimit,
                  .what = fmt::format("about {} samples", grouped_text(samples)),
                  .expected = fmt::format("a 'sample_every' that makes at most {}",
                                          grouped_text(kSamplesMax)),
                  .near = {},
                  .where = {}}});
    }
  }
  return PreparedSimulation{std::move(*traffic), std::move(asked), std::move(*fleet)};
}

Result<SimulationAnswer> run_simulation(const Simulation& simulation, PreparedSimulation& prepared,
                                        const SimulationView& view) {
  SimulationAnswer answer;
  answer.pools = prepared.fleet->pools;
  answer.traffic = prepared.asked;
  if (simulation.find_rate) {
    answer.found = find(simulation, prepared, view);
    answer.figures = std::move(answer.found->figures);
    if (!answer.found->rate) return answer;
    answer.traffic = look_at(prepared.traffic.at_rate(*answer.found->rate), simulation);
  } else {
    std::optional<Error> failure;
    answer.figures = run_once(simulation, prepared, view, failure);
    if (failure) return tl::unexpected(*failure);
  }
  const simulate::RateLimits limits = limits_of(simulation);
  if (!limits.latencies.empty() || limits.good_share) {
    answer.goals = simulate::judge(answer.figures, limits, answer.traffic.rate.value_or(0));
  }
  add_intervals(*prepared.fleet, answer);
  add_power(*prepared.fleet, answer);
  add_cost(*prepared.fleet, answer);
  add_assumed(simulation, answer);
  add_notes(*prepared.fleet, answer);
  return answer;
}

}  // namespace assay::plan
