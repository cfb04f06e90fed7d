#include "present/simulate_bench.h"

#include <optional>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "present/cli.h"
#include "present/figure_json.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;
using plan::Simulation;
using plan::SimulationAnswer;
using simulate::FleetFigures;
using simulate::LatencyFigures;

std::int64_t failed(const FleetFigures& f) { return f.too_long + f.timed_out + f.lost; }

bool has_goals(const Simulation& simulation) {
  const simulate::LatencyGoals& each = simulation.each;
  return each.ttft || each.tpot || each.end_to_end;
}

std::string line(std::string_view title, double value) {
  return fmt::format("{:<40} {:<10.2f}\n", title, value);
}

std::string line(std::string_view title, std::int64_t value) {
  return fmt::format("{:<40} {:<10}\n", title, value);
}

std::string latency_lines(std::string_view title, std::string_view name, const LatencyFigures& l) {
  const auto at = [&](std::string_view statistic, double seconds) {
    return line(fmt::format("{} {} (ms):", statistic, name), seconds * 1e3);
  };
  return fmt::format("{:-^50}\n", title) + at("Mean", l.mean) + at("Median", l.p50) +
         at("P50", l.p50) + at("P90", l.p90) + at("P95", l.p95) + at("P99", l.p99);
}

void add_latency(Json& json, const std::string& name, const LatencyFigures& l) {
  json["mean_" + name + "_ms"] = l.mean * 1e3;
  json["median_" + name + "_ms"] = l.p50 * 1e3;
  json["std_" + name + "_ms"] = l.deviation * 1e3;
  json["p50_" + name + "_ms"] = l.p50 * 1e3;
  json["p90_" + name + "_ms"] = l.p90 * 1e3;
  json["p95_" + name + "_ms"] = l.p95 * 1e3;
  json["p99_" + name + "_ms"] = l.p99 * 1e3;
}

// As `--request-rate` was: a number, or "inf" where nothing paces the requests.
Json request_rate(const Simulation& simulation, const SimulationAnswer& answer) {
  if (simulation.concurrency > 0 || !answer.traffic.rate) return "inf";
  return *answer.traffic.rate;
}

double burstiness(const Simulation& simulation) {
  const auto* gamma =
      std::get_if<workload::GammaArrivals>(&simulation.traffic.front().spec.synthetic.arrivals);
  return gamma != nullptr ? gamma->burstiness : 1;
}

}  // namespace

std::string bench_text(const Simulation& simulation, const SimulationAnswer& answer) {
  const FleetFigures& f = answer.figures;
  std::string out = fmt::format("{:=^50}\n", " Serving Benchmark Result ");
  out += line("Successful requests:", f.completed) + line("Failed requests:", failed(f));
  if (simulation.concurrency > 0) {
    out += line("Maximum request concurrency:", simulation.concurrency);
  } else if (answer.traffic.rate) {
    out += line("Request rate configured (RPS):", *answer.traffic.rate);
  }
  out += line("Benchmark duration (s):", f.seconds) + line("Total input tokens:", f.input_tokens) +
         line("Total generated tokens:", f.output_tokens) +
         line("Request throughput (req/s):", f.requests_per_s);
  if (has_goals(simulation)) out += line("Request goodput (req/s):", f.goodput_per_s);
  out += line("Output token throughput (tok/s):", f.output_tokens_per_s) +
         line("Total token throughput (tok/s):", f.output_tokens_per_s + f.input_tokens_per_s);
  out += latency_lines("Time to First Token", "TTFT", f.ttft) +
         latency_lines("Time per Output Token (excl. 1st token)", "TPOT", f.tpot) +
         latency_lines("Inter-token Latency", "ITL", f.itl) +
         latency_lines("End-to-end Latency", "E2EL", f.end_to_end);
  return out + std::string(50, '=') + "\n";
}

std::string bench_json(const Simulation& simulation, const SimulationAnswer& answer) {
  const FleetFigures& f = answer.figures;
  Json json{{"backend", fmt::format("assay {}", version())},
            {"label", nullptr},
            {"model_id", answer.pools.front().model},
            {"num_prompts", f.arrived},
            {"request_rate", request_rate(simulation, answer)},
            {"burstiness", burstiness(simulation)},
            {"max_concurrency",
             simulation.concurrency > 0 ? Json(simulation.concurrency) : Json(nullptr)},
            {"duration", f.seconds},
            {"completed", f.completed},
            {"failed", failed(f)},
            {"total_input_tokens", f.input_tokens},
            {"total_output_tokens", f.output_tokens},
            {"request_throughput", f.requests_per_s},
            {"request_goodput", has_goals(simulation) ? Json(f.goodput_per_s) : Json(nullptr)},
            {"output_throughput", f.output_tokens_per_s},
            {"total_token_throughput", f.output_tokens_per_s + f.input_tokens_per_s}};
  add_latency(json, "ttft", f.ttft);
  add_latency(json, "tpot", f.tpot);
  add_latency(json, "itl", f.itl);
  add_latency(json, "e2el", f.end_to_end);
  return dump(json);
}

}  // namespace assay::present
