#include "plan/fleet_options.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "plan/fleet_candidates.h"

namespace assay::plan {

namespace {

using simulate::LimitReading;
using simulate::RateMetric;

// What the closed form holds is a bound but for the spread of lengths and arrivals.
constexpr double kBoundSlack = 1.05;
// Of a ranking: accelerators in it, and layouts that are simulated for it.
constexpr std::size_t kAccelerators = 12, kLayouts = 48;
// Layouts that are simulated at once: a count, not the number of threads.
constexpr std::size_t kAtOnce = 8, kAtOnceForCheapest = 2;
// A fleet that misses a limit as a whole gets so many chances with more units, and so many more.
constexpr int kChances = 3;
constexpr double kMoreUnits = 0.04;
// More requests than this that no replica holds, and it does not serve the traffic.
constexpr double kTooLong = 0.01;

struct Entry {
  Candidate candidate;
  Fleet fleet;
  Hertz rate;  // of one replica
  std::optional<LimitReading> binds;
  bool simulated{};  // else the rate is a bound, and the cost a lower one
};

Reason reason_of(RateMetric metric) {
  if (metric == RateMetric::kTtft) return Reason::kTtft;
  return metric == RateMetric::kTpot ? Reason::kTpot : Reason::kLimits;
}

// One ranking in the making.
class Selection {
 public:
  Selection(const Scenario& scenario, const PlanInputs& inputs, LayoutRuns& runs, Depth depth)
      : scenario_{scenario}, inputs_{inputs}, runs_{runs}, depth_{depth} {}

  Options run();

 private:
  using Key = std::tuple<double, double, double, std::string_view, int, catalog::Format>;
  Key key(std::size_t entry) const;
  void push(std::size_t entry) { queue_.emplace(key(entry), entry); }
  bool done() const;
  void select();
  void simulate_front();
  void take_capacity(std::size_t entry, const ReplicaCapacity& capacity);
  bool verify();
  void add_figures(Entry& entry, const simulate::FleetFigures& figures) const;
  void drop(std::size_t entry);

  const Scenario& scenario_;
  const PlanInputs& inputs_;
  LayoutRuns& runs_;
  Depth depth_;
  Options options_;
  Platforms platforms_;
  std::vector<Entry> entries_;
  std::set<std::pair<Key, std::size_t>> queue_;
  std::set<std::string> simulated_;                // keys of layouts
  std::map<std::size_t, std::size_t> chosen_;      // by lead: the entry
  std::map<std::size_t, bool> verified_;           // by entry
  std::multimap<std::size_t, std::size_t> later_;  // dearer layouts of a lead that is chosen
  std::multiset<std::string_view> accelerators_;
};

Selection::Key Selection::key(std::size_t entry) const {
  const Entry& e = entries_[entry];
  return {e.fleet.usd_per_month.base(),
          e.candidate.layout->tpot_alone->base(),
          e.candidate.layout->ttft_alone->base(),
          e.candidate.offer->id,
          e.fleet.deployment.tensor,
          e.fleet.deployment.weights};
}

bool Selection::done() const {
  if (queue_.empty()) return true;
  if (depth_ == Depth::kCheapest) return !chosen_.empty();
  const std::set<std::string_view> distinct(accelerators_.begin(), accelerators_.end());
  return distinct.size() >= kAccelerators || (simulated_.size() >= kLayouts && !chosen_.empty());
}

void Selection::take_capacity(std::size_t entry, const ReplicaCapacity& capacity) {
  Entry& e = entries_[entry];
  const std::string text = e.candidate.text();
  if (capacity.too_long > kTooLong) {
    reject(options_, Reason::kMemory, 0,
           fmt::format("{}: the cache never holds {} % of the requests", text,
                       number_text(capacity.too_long * 100, 2)));
    return;
  }
  if (!capacity.rate) {
    ASSAY_ASSERT(capacity.binds.has_value());
    reject(options_, reason_of(capacity.binds->metric), 1 / capacity.binds->strain,
           fmt::format("{}: {} (simulated, a replica nearly alone)", text,
                       simulate::text(*capacity.binds)));
    return;
  }
  e.rate = *capacity.rate;
  e.binds = capacity.binds;
  e.simulated = true;
  auto fleet = cost_fleet(scenario_, inputs_, e.candidate, e.rate, 0, options_);
  if (!fleet) return;
  e.fleet = std::move(*fleet);
  push(entry);
}

// The cheapest layouts that are not simulated yet, some at once.
void Selection::simulate_front() {
  const std::size_t most = depth_ == Depth::kCheapest ? kAtOnceForCheapest : kAtOnce;
  std::vector<LayoutSite> sites;
  std::map<std::string, std::size_t> place;
  for (const auto& [at, entry] : queue_) {
    const bool open = !entries_[entry].simulated;
    if (!open || chosen_.contains(entries_[entry].candidate.lead)) continue;
    LayoutSite site = entries_[entry].candidate.site();
    if (sites.size() >= most || place.contains(site.key)) continue;
    place.emplace(site.key, sites.size());
    sites.push_back(std::move(site));
  }
  const auto capacities = runs_.capacities(sites, scenario_.demand, scenario_.headroom);
  std::vector<std::pair<std::size_t, std::size_t>> ready;  // entry, site
  for (auto it = queue_.begin(); it != queue_.end();) {
    const Entry& e = entries_[it->second];
    const auto found = e.simulated ? place.end() : place.find(e.candidate.site().key);
    if (found == place.end()) {
      ++it;
      continue;
    }
    ready.emplace_back(it->second, found->second);
    it = queue_.erase(it);
  }
  for (const auto& [entry, site] : ready) take_capacity(entry, capacities[site]);
  for (const LayoutSite& site : sites) simulated_.insert(site.key);
  options_.simulated = static_cast<int>(simulated_.size());
  if (inputs_.progress) inputs_.progress(options_.simulated);
}

// Cheapest first; what is simulated and still in front is cheaper than any other could be.
void Selection::select() {
  while (!done()) {
    const std::size_t front = queue_.begin()->second;
    const Entry& e = entries_[front];
    const std::size_t lead = e.candidate.lead;
    if (chosen_.contains(lead)) {
      later_.emplace(lead, front);
    } else if (!e.simulated) {
      simulate_front();
      continue;
    } else {
      chosen_.emplace(lead, front);
      accelerators_.insert(e.candidate.offer->accelerator);
    }
    queue_.erase(queue_.begin());
  }
}

void Selection::drop(std::size_t entry) {
  const Entry& e = entries_[entry];
  const std::size_t lead = e.candidate.lead;
  chosen_.erase(lead);
  accelerators_.erase(accelerators_.find(e.candidate.offer->accelerator));
  const auto [first, last] = later_.equal_range(lead);
  for (auto it = first; it != last; ++it) push(it->second);
  later_.erase(first, last);
}

void Selection::add_figures(Entry& entry, const simulate::FleetFigures& figures) const {
  Fleet& fleet = entry.fleet;
  const search::Layout& layout = *entry.candidate.layout;
  const catalog::EfficiencyTable& table = inputs_.efficiency;
  const bool moe = catalog::is_mixture_of_experts(inputs_.model);
  const bool measured = table.family(fleet.family).measured();
  const auto latency = [&](const simulate::LatencyFigures& f, std::string_view metric) {
    return estimate(Seconds::from_base(f.mean),
                    table.interval("server", metric, moe, measured).half_width);
  };
  const simulate::PoolFigures& pool = figures.pools.front();
  fleet.serving = {
      .ttft = latency(figures.ttft, "ttft"),
      .tpot = latency(figures.tpot, "tpot"),
      .batch = pool.batch_mean,
      .batch_max = layout.batch_max,
      .kv_share = pool.kv_share_mean,
      .bound = layout.bound,
      .interval_regime = fmt::format("{}{}", moe ? "moe" : "dense", measured ? "" : " unmeasured")};
  fleet.simulated =
      SimulatedServing{.requests = figures.arrived,
                       .preemptions = figures.preemptions,
                       .too_long = figures.too_long,
                       .ttft = figures.ttft,
                       .tpot = figures.tpot,
                       .end_to_end = figures.end_to_end,
                       .goodput_per_s = figures.good_share * scenario_.demand.rate.base(),
                       .good_share = figures.good_share,
                       .kv_most = pool.kv_share_most,
                       .utilisation = pool.utilisation,
                       .replica_rate_max = entry.rate.base(),
                       .binds = entry.binds ? simulate::text(*entry.binds) : ""};
}

// Runs the chosen fleets as a whole. One that misses a limit gets more units; true if one fell out.
bool Selection::verify() {
  bool fell_out = false;
  for (int chance = 0; chance <= kChances; ++chance) {
    std::vector<std::size_t> open;
    std::vector<LayoutRuns::FleetSite> sites;
    for (const auto& [lead, entry] : chosen_) {
      if (verified_[entry]) continue;
      open.push_back(entry);
      sites.push_back({entries_[entry].candidate.site(), entries_[entry].fleet.replicas});
    }
    if (open.empty()) break;
    const auto figures = runs_.fleets(sites, scenario_.demand);
    for (std::size_t i = 0; i < open.size(); ++i) {
      Entry& e = entries_[open[i]];
      const simulate::RateRun judged =
          simulate::judge(figures[i], rate_limits(scenario_.demand), scenario_.demand.rate.base());
      if (judged.met) {
        add_figures(e, figures[i]);
        verified_[open[i]] = true;
        continue;
      }
      std::optional<Fleet> larger;
      if (chance == kChances) {
        const LimitReading& missed = simulate::binding(judged);
        reject(options_, reason_of(missed.metric), 1 / missed.strain,
               fmt::format("{} × {}: {} (simulated)", e.fleet.accelerators, e.candidate.text(),
                           simulate::text(missed)));
      } else {
        const int more = std::max(1, static_cast<int>(e.fleet.units * kMoreUnits));
        larger =
            cost_fleet(scenario_, inputs_, e.candidate, e.rate, e.fleet.units + more, options_);
      }
      if (larger) {
        e.fleet = std::move(*larger);
      } else {
        drop(open[i]);
        fell_out = true;
      }
    }
  }
  return fell_out;
}

Options Selection::run() {
  for (Candidate& candidate : find_candidates(scenario_, inputs_, options_, platforms_)) {
    const Hertz bound = candidate.layout->rate_max * kBoundSlack;
    auto fleet = cost_fleet(scenario_, inputs_, candidate, bound, 0, options_);
    if (!fleet) continue;
    entries_.push_back({std::move(candidate), std::move(*fleet), bound, {}, false});
    push(entries_.size() - 1);
  }
  select();
  while (depth_ == Depth::kRanking && verify()) select();
  options_.feasible = static_cast<int>(chosen_.size() + later_.size() + queue_.size());
  std::set<std::size_t> unranked;
  for (const auto& [at, entry] : queue_) {
    if (!chosen_.contains(entries_[entry].candidate.lead)) {
      unranked.insert(entries_[entry].candidate.lead);
    }
  }
  options_.unranked = static_cast<int>(unranked.size());
  for (const auto& [lead, entry] : chosen_) {
    options_.fleets.push_back(std::move(entries_[entry].fleet));
  }
  std::sort(options_.fleets.begin(), options_.fleets.end(), cheaper);
  return std::move(options_);
}

}  // namespace

bool cheaper(const Fleet& a, const Fleet& b) {
  const auto key = [](const Fleet& f) {
    return std::tuple{f.usd_per_month.base(),      f.serving.tpot.value.base(),
                      f.serving.ttft.value.base(), std::string_view{f.offer.id},
                      f.deployment.tensor,         f.deployment.weights};
  };
  return key(a) < key(b);
}

Options find_fleets(const Scenario& scenario, const PlanInputs& inputs, LayoutRuns& runs,
                    Depth depth) {
  return Selection{scenario, inputs, runs, depth}.run();
}

}  // namespace assay::plan
