// simulation_fields.h — the one table of what a simulated fleet's file and the options of
// `assay simulate` may say: key, option, kind, unit, range, default, help.
// Parser, schemas/simulation.schema.json, help and completion come from it. Constexpr.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/quantity.h"
#include "plan/scenario_fields.h"

namespace assay::plan {

enum class SimulationPart : std::uint8_t { kTop, kTraffic, kGoals, kPool };

struct SimulationField {
  SimulationPart part{};
  ScenarioField field{};     // path: the key in its part
  std::string_view flag{};   // "--rate"; empty: only in a file
  std::string_view value{};  // of the flag, in the help; empty: a flag without a value …
  std::string_view says{};   // … that sets this
};

namespace simulation_table {

using document::Need;
using document::Range;
using enum FieldKind;
using enum SimulationPart;

inline constexpr Range kNone{0, 0};
inline constexpr Range kTime{1e-9, 3.2e9}, kTimeOrNone{0, 3.2e9};
inline constexpr Range kAny{1, 9e15}, kAnyOrNone{0, 9e15}, kRanks{1, 1024};
inline constexpr Range kTokens{1, 1e8}, kShare{0, 1}, kScale{1e-9, 1e9}, kVariation{0, 100};
inline constexpr std::string_view kFormats = "fp32|bf16|fp16|fp8|int8|nvfp4|mxfp4|int4";

struct Said {
  std::string_view flag, value, says{};
};

constexpr SimulationField field(SimulationPart part, std::string_view key, FieldKind kind,
                                Range range, Said said, std::string_view otherwise,
                                std::string_view help) {
  return {part,
          {key, kind, Dim{}, range, "", Need::kOptional, otherwise, "", help},
          said.flag,
          said.value,
          said.says};
}

constexpr SimulationField quantity(SimulationPart part, std::string_view key, Dim dim, Range range,
                                   Said said, std::string_view example, std::string_view help) {
  return {part,
          {key, kQuantity, dim, range, "", Need::kOptional, "", example, help},
          said.flag,
          said.value,
          said.says};
}

constexpr SimulationField span(SimulationPart part, std::string_view key, Range range,
                               std::string_view flag, std::string_view example,
                               std::string_view help) {
  return quantity(part, key, Seconds::kDim, range, {flag, "DURATION"}, example, help);
}

constexpr SimulationField choice(SimulationPart part, std::string_view key,
                                 std::string_view choices, Said said, std::string_view otherwise,
                                 std::string_view help) {
  return {part,
          {key, kChoice, Dim{}, kNone, choices, Need::kOptional, otherwise, otherwise, help},
          said.flag,
          said.value,
          said.says};
}

constexpr SimulationField goal(std::string_view key, std::string_view flag, std::string_view help) {
  return quantity(kGoals, key, Seconds::kDim, kTime, {flag, "DURATION"}, "300 ms", help);
}

}  // namespace simulation_table

inline constexpr auto kSimulationFields = [] {
  using namespace simulation_table;
  return std::array{
      // The traffic: a trace …
      field(kTraffic, "trace", kTexts, kNone, {"--trace", "FILE"}, "",
            "requests of a trace; several are laid over each other"),
      choice(kTraffic, "trace_format", "azure|mooncake|burstgpt|vllm-bench|requests",
             {"--trace-format", "NAME"}, "", "found out if not said"),
      choice(kTraffic, "bad_lines", "refuse|skip", {"--bad-lines", "WHAT"}, "refuse",
             "of a trace: refuse it, or skip and count them"),
      span(kTraffic, "from", kTimeOrNone, "--from", "10 min",
           "leave out what the trace has before"),
      span(kTraffic, "until", kTime, "--until", "20 min", "leave out what the trace has after"),
      field(kTraffic, "copies", kWhole, {1, 1e6}, {"--copies", "N"}, "1",
            "of the trace, laid over each other at shifted times"),
      field(kTraffic, "repeat", kBool, kNone, {"--repeat", "", "true"}, "",
            "the trace from its beginning after its end; with --requests or --duration"),
      field(kTraffic, "rate_scale", kNumber, kScale, {"--rate-scale", "X"}, "1",
            "the trace's requests come so many times as fast"),
      field(kTraffic, "input_scale", kNumber, kScale, {"--input-scale", "X"}, "1",
            "prompts so many times as long"),
      field(kTraffic, "output_scale", kNumber, kScale, {"--output-scale", "X"}, "1",
            "answers so many times as long"),
      // … or drawn.
      quantity(kTraffic, "rate", Hertz::kDim, {1e-9, 1e9}, {"--rate", "RATE"}, "10 /s",
               "mean, over the whole fleet: 10/s; stretches a trace to it"),
      field(kTraffic, "concurrency", kWhole, {1, 1e7}, {"--concurrency", "N"}, "",
            "requests at any time: one ends, the next is sent"),
      choice(kTraffic, "arrivals", "poisson|gamma|constant|on-off|diurnal|hourly|at-once",
             {"--arrivals", "KIND"}, "poisson", "how drawn requests come"),
      field(kTraffic, "burstiness", kNumber, {1e-3, 1e6}, {"--burstiness", "B"}, "",
            "of gamma arrivals: 1 is Poisson, less comes in bursts"),
      span(kTraffic, "on", kTime, "--on", "1 min",
           "on-off arrivals: mean of a phase with requests"),
      span(kTraffic, "off", kTimeOrNone, "--off", "1 min", "and of a phase without"),
      field(kTraffic, "peak_to_trough", kNumber, {1, 1e6}, {"--peak-to-trough", "X"}, "",
            "diurnal arrivals: highest rate over the lowest"),
      span(kTraffic, "period", kTime, "--period", "24 h", "of diurnal and hourly arrivals: a day"),
      field(kTraffic, "hours", kTexts, kNone, {}, "",
            "hourly arrivals: 24 rates, relative to each other"),
      field(kTraffic, "requests", kWhole, kAny, {"--requests", "N"}, "",
            "the traffic ends after so many"),
      span(kTraffic, "duration", kTime, "--duration", "1 h", "the traffic ends after this time"),
      field(kTraffic, "input_tokens", kNumber, kTokens, {"--input", "N"}, "1024",
            "tokens of a prompt, mean"),
      field(kTraffic, "output_tokens", kNumber, kTokens, {"--output", "N"}, "256",
            "tokens of an answer, mean"),
      field(kTraffic, "input_cv", kNumber, kVariation, {"--input-cv", "X"}, "",
            "lognormal prompts: standard deviation over mean"),
      field(kTraffic, "output_cv", kNumber, kVariation, {"--output-cv", "X"}, "",
            "lognormal answers: standard deviation over mean"),
      field(kTraffic, "spread", kNumber, kShare, {"--spread", "X"}, "",
            "lengths uniform within mean·(1 ± X)"),
      field(kTraffic, "lengths", kText, kNone, {"--lengths", "FILE"}, "",
            "lengths drawn from the requests of a trace"),
      field(kTraffic, "prefix_tokens", kWhole, {1, 1e8}, {"--prefix-tokens", "N"}, "",
            "that prompts share at their beginning"),
      field(kTraffic, "prefix_groups", kWhole, {1, 1e9}, {"--prefix-groups", "N"}, "1",
            "different beginnings that are shared"),
      field(kTraffic, "prefix_zipf", kNumber, {0, 10}, {"--prefix-zipf", "X"}, "0",
            "group g is as frequent as 1/g^X"),
      field(kTraffic, "model", kText, kNone, {}, "", "which of the fleet's models is asked"),
      // The fleet.
      choice(kTop, "routing",
             "round-robin|random|least-outstanding|power-of-two|least-kv|prefix-affinity|weighted",
             {"--routing", "NAME"}, "least-outstanding", "which replica gets a request"),
      span(kTop, "front_end", kTimeOrNone, "--front-end", "10 ms",
           "from a request's arrival to the router; the engine's if not said"),
      span(kTop, "timeout", kTime, "--timeout", "60 s", "of a request since it was sent"),
      field(kTop, "retries", kWhole, {0, 1000}, {"--retries", "N"}, "0",
            "of what timed out or was lost"),
      span(kTop, "retry_delay", kTimeOrNone, "--retry-delay", "1 s", "before it is sent again"),
      field(kTop, "warm_up", kWhole, kAnyOrNone, {"--warm-up", "N"}, "0",
            "first requests, left out of latencies and rates"),
      span(kTop, "sample_every", {1e-3, 3.2e9}, "--sample-every", "1 s",
           "of the state over time; a 200th of the run if not said"),
      field(kTop, "find_rate", kBool, kNone, {"--find-rate", "", "true"}, "",
            "the largest rate that meets the goals, to 1 %"),
      field(kTop, "every_iteration", kBool, kNone, {"--every-iteration", "", "true"}, "",
            "compute each one, to check the shorter way"),
      field(kTop, "seed", kWhole, kAnyOrNone, {"--seed", "N"}, "1", "of all that is drawn"),
      field(kTop, "model", kText, kNone, {}, "", "of all pools that name none of their own"),
      field(kTop, "name", kText, kNone, {}, "", "a name for the answer's first line"),
      // A pool of replicas.
      field(kPool, "name", kText, kNone, {}, "", "of the pool, in the answer"),
      field(kPool, "model", kText, kNone, {}, "", "an id of `assay models`, or a config.json"),
      field(kPool, "accelerator", kText, kNone, {}, "", "h200:8 for eight in their system"),
      choice(kPool, "role", "both|prefill|decode", {}, "both",
             "prompts, decoding, or both on each replica"),
      field(kPool, "replicas", kWhole, {1, 1e5}, {"--replicas", "N"}, "",
            "as many as the accelerators hold if not said"),
      field(kPool, "weight", kNumber, {1e-6, 1e6}, {}, "1",
            "capacity of a replica, for weighted routing"),
      field(kPool, "tp", kWhole, kRanks, {"--tp", "N"}, "",
            "tensor parallelism; the smallest that holds a request if not said"),
      field(kPool, "pp", kWhole, kRanks, {"--pp", "N"}, "", "pipeline stages"),
      field(kPool, "ep", kWhole, kRanks, {"--ep", "N"}, "", "ranks that experts are dealt to"),
      field(kPool, "dp", kWhole, kRanks, {"--dp", "N"}, "",
            "attention ranks with sequences of their own"),
      choice(kPool, "weights", kFormats, {"--weights", "FORMAT"}, "", "as published if not said"),
      choice(kPool, "activations", kFormats, {"--activations", "FORMAT"}, "",
             "that matrices multiply in; as the weights allow"),
      choice(kPool, "kv_cache", kFormats, {"--kv-cache", "FORMAT"}, "", "as published if not said"),
      field(kPool, "engine", kText, kNone, {"--engine", "NAME"}, "vllm",
            "vllm, sglang, trtllm, … with their defaults"),
      field(kPool, "draft_tokens", kWhole, {1, 64}, {"--draft-tokens", "N"}, "",
            "speculation: drafts of an iteration; with --acceptance"),
      field(kPool, "acceptance", kNumber, kShare, {"--acceptance", "P"}, "",
            "that a draft is right, given that those before it are"),
      field(kPool, "max_num_seqs", kWhole, {1, 1e6}, {"--max-num-seqs", "N"}, "",
            "sequences of a rank at once; the engine's if not said"),
      field(kPool, "max_num_batched_tokens", kWhole, {1, 1e8}, {"--max-num-batched-tokens", "N"},
            "", "tokens of a rank's iteration; the engine's if not said"),
      field(kPool, "gpu_memory_utilization", kNumber, {0.01, 1}, {"--gpu-memory-utilization", "X"},
            "", "share of the memory that the engine takes"),
      field(kPool, "block_size", kWhole, {1, 65536}, {"--block-size", "N"}, "",
            "tokens of a KV block; the engine's if not said"),
      field(kPool, "kv_blocks", kWhole, {1, 1e12}, {"--kv-blocks", "N"}, "",
            "of a replica, whatever the memory"),
      field(kPool, "chunked_prefill", kBool, kNone, {"--no-chunked-prefill", "", "false"}, "",
            "whole prompts run before decoding goes on"),
      field(kPool, "static_batching", kBool, kNone, {"--static-batching", "", "true"}, "",
            "a batch starts together and ends with its last request"),
      field(kPool, "prefix_caching", kBool, kNone, {"--no-prefix-caching", "", "false"}, "",
            "prompts are always computed whole"),
      field(kPool, "async_scheduling", kBool, kNone, {"--no-async-scheduling", "", "false"}, "",
            "an iteration is planned when the one before it has ended"),
      field(kPool, "priority_scheduling", kBool, kNone, {"--priority-scheduling", "", "true"}, "",
            "lower priority numbers of the trace go first"),
      field(kPool, "autoscale", kText, kNone, {"--autoscale", "MIN..MAX"}, "",
            "replicas that follow the load"),
      field(kPool, "scale_outstanding", kNumber, {1e-3, 1e6}, {"--scale-outstanding", "N"}, "",
            "requests wanted of a replica, running and waiting"),
      span(kPool, "provisioning", kTimeOrNone, "--provisioning", "2 min",
           "from the decision to a replica's first request"),
      span(kPool, "scale_interval", {0.1, 3.2e9}, "--scale-interval", "15 s", "between two looks"),
      span(kPool, "cooldown", kTimeOrNone, "--cooldown", "5 min",
           "after a change, before a replica goes"),
      span(kPool, "mtbf", {1, 3.2e9}, "--mtbf", "30 days",
           "of a replica: mean time between failures"),
      span(kPool, "repair", kTimeOrNone, "--repair", "10 min", "of a replica that failed"),
      quantity(kPool, "transfer_bandwidth", BytesPerSecond::kDim, {1, 1e15},
               {"--transfer-bandwidth", "RATE"}, "50 GB/s",
               "of an accelerator that sends KV cache; its link's if not said"),
      span(kPool, "transfer_latency", kTimeOrNone, "--transfer-latency", "1 ms",
           "of a KV cache on its way"),
      quantity(kPool, "price", UsdPerSecond::kDim, {0, 1e6}, {"--price", "PRICE"}, "2.5 USD/h",
               "of an accelerator: 2.5 USD/h"),
      // Goals.
      goal("ttft", "--ttft", "goal of each request, for goodput"),
      goal("tpot", "--tpot", "goal of each request, for goodput"),
      goal("e2e", "--e2e", "goal of each request, end to end"),
      field(kGoals, "share", kNumber, {1e-6, 1}, {"--goodput-share", "P"}, "0.99",
            "of requests that must keep within them, for --find-rate"),
      goal("ttft_mean", "--ttft-mean", "goal of the mean"),
      goal("ttft_p50", "--ttft-p50", "goal of the median"),
      goal("ttft_p90", "--ttft-p90", "goal of a percentile"),
      goal("ttft_p95", "--ttft-p95", "goal of a percentile"),
      goal("ttft_p99", "--ttft-p99", "goal of a percentile"),
      goal("tpot_mean", "--tpot-mean", "goal of the mean"),
      goal("tpot_p50", "--tpot-p50", "goal of the median"),
      goal("tpot_p90", "--tpot-p90", "goal of a percentile"),
      goal("tpot_p95", "--tpot-p95", "goal of a percentile"),
      goal("tpot_p99", "--tpot-p99", "goal of a percentile"),
      goal("e2e_mean", "--e2e-mean", "goal of the mean"),
      goal("e2e_p50", "--e2e-p50", "goal of the median"),
      goal("e2e_p90", "--e2e-p90", "goal of a percentile"),
      goal("e2e_p95", "--e2e-p95", "goal of a percentile"),
      goal("e2e_p99", "--e2e-p99", "goal of a percentile"),
  };
}();

// JSON Schema, draft-07, of a fleet's file; schemas/simulation.schema.json is this text.
std::string simulation_schema();

}  // namespace assay::plan
