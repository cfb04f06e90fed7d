#include "present/simulate_files.h"

#include <algorithm>
#include <map>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/sim_time.h"

namespace assay::present {
namespace {

using simulate::TimelineSlice;

constexpr double kNsInUs = 1000;

std::string microseconds(SimTime time) {
  return fmt::format("{}.{:03}", time.ns / 1000, time.ns % 1000);
}

std::string seconds(SimTime time) {
  return fmt::format("{}.{:09}", time.ns / 1'000'000'000, time.ns % 1'000'000'000);
}

// "decode × 12" for a stretch, "prefill 512" or "prefill 512 + decode" for one iteration.
std::string slice_name(const TimelineSlice& s) {
  if (s.prompt_tokens <= 0) return fmt::format("decode x {}", s.iterations);
  return fmt::format("prefill {}{}", s.prompt_tokens, s.decoding > 0 ? " + decode" : "");
}

class Events {
 public:
  explicit Events(std::ostream& out) : out_{out} {}
  void add(const std::string& event) {
    out_ << (first_ ? "\n" : ",\n") << event;
    first_ = false;
  }

 private:
  std::ostream& out_;
  bool first_{true};
};

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void add_counter(Events& events, const TimelineSlice& s, SimTime at, std::string_view name,
                 std::string_view key, std::int64_t value) {
  events.add(fmt::format(R"({{"ph":"C","pid":{},"ts":{},"name":"{}","args":{{"{}":{}}}}})",
                         s.replica, microseconds(at), name, key, value));
}

std::string milliseconds(SimTime from, SimTime until) {
  return until == kNever ? "" : fmt::format("{:.6f}", (until - from).base() * 1e3);
}

std::string_view outcome_name(simulate::Outcome outcome) {
  constexpr std::string_view kNames[] = {"completed", "too long", "timed out", "lost"};
  return kNames[static_cast<std::size_t>(outcome)];
}

}  // namespace

std::vector<std::string> replica_names(const plan::Simulation& simulation,
                                       std::span<const plan::SimulatedPool> pools) {
  std::vector<std::string> names;
  for (std::size_t p = 0; p < pools.size(); ++p) {
    int most = pools[p].chosen.replicas;
    if (const auto& scaling = simulation.pools[p].autoscaling) {
      most = std::max<int>(most, scaling->replicas_max);
    }
    for (int i = 0; i < most; ++i) {
      names.push_back(fmt::format("{}replica {}", pools.size() > 1 ? pools[p].name + ", " : "", i));
    }
  }
  return names;
}

void write_timeline(std::ostream& out, const simulate::Timeline& timeline,
                    std::span<const std::string> replicas) {
  out << R"({"displayTimeUnit":"ms","traceEvents":[)";
  Events events{out};
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    events.add(fmt::format(R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":{}}}}})", i,
                           quoted(replicas[i])));
    events.add(fmt::format(
        R"({{"ph":"M","pid":{},"tid":0,"name":"thread_name","args":{{"name":"iterations"}}}})", i));
  }
  for (const TimelineSlice& s : timeline.slices) {
    const double duration = static_cast<double>(s.until.ns - s.from.ns) / kNsInUs;
    events.add(fmt::format(
        R"({{"ph":"X","pid":{},"tid":0,"ts":{},"dur":{:.3f},"name":"{}","args":{{"iterations":{},)"
        R"("decoding":{},"prompt_tokens":{},"kv_blocks":{},"waiting":{}}}}})",
        s.replica, microseconds(s.from), duration, slice_name(s), s.iterations, s.decoding,
        s.prompt_tokens, s.kv_blocks, s.waiting));
    add_counter(events, s, s.until, "KV blocks", "used", s.kv_blocks);
    add_counter(events, s, s.until, "waiting", "requests", s.waiting);
  }
  for (const simulate::TimelineTransfer& t : timeline.transfers) {
    constexpr std::string_view kArrow =
        R"({{"ph":"{}","pid":{},"tid":0,"ts":{},"id":{},"cat":"cache","name":"KV cache"{}}})";
    events.add(fmt::format(kArrow, "s", t.sender, microseconds(t.from), t.request, ""));
    events.add(
        fmt::format(kArrow, "f", t.receiver, microseconds(t.until), t.request, R"(,"bp":"e")"));
  }
  out << "\n]}\n";
}

void write_series(std::ostream& out, std::span<const simulate::FleetSample> samples) {
  out << "time_s,arrived,completed,running,waiting,replicas,kv_share,prompt_tokens,"
         "decoded_tokens\n";
  for (const simulate::FleetSample& s : samples) {
    out << fmt::format("{},{},{},{},{},{},{:.6f},{},{}\n", seconds(s.at), s.arrived, s.completed,
                       s.running, s.waiting, s.replicas, s.kv_share, s.prompt_tokens,
                       s.decoded_tokens);
  }
}

void write_requests_title(std::ostream& out) {
  out << "number,outcome,arrival_s,submitted_s,ttft_ms,tpot_ms,e2e_ms,input_tokens,output_tokens,"
         "cached_tokens,preemptions,attempts,replica,model,priority\n";
}

void write_request(std::ostream& out, const simulate::RequestResult& r) {
  std::string tpot;
  if (r.last_token != kNever && r.first_token != kNever && r.output > 1) {
    tpot = fmt::format("{:.6f}", (r.last_token - r.first_token).base() * 1e3 / (r.output - 1));
  }
  out << fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", r.number,
                     outcome_name(r.outcome), seconds(r.arrival), seconds(r.submitted),
                     milliseconds(r.arrival, r.first_token), tpot,
                     milliseconds(r.arrival, r.last_token), r.input, r.output, r.cached_tokens,
                     r.preemptions, r.attempts, r.replica, r.model, r.priority);
}

}  // namespace assay::present
