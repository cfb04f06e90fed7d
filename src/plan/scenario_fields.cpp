#include "plan/scenario_fields.h"

#include <array>

#include "plan/scenario_rows.h"

namespace assay::plan {

namespace {

using namespace scenario_table;

constexpr Range kTokens{1, 1e8};
constexpr Range kLatency{1e-6, 86400};

constexpr ScenarioField limit(std::string_view path, std::string_view example,
                              std::string_view help) {
  return quantity(path, Seconds::kDim, kLatency, Need::kOptional, "", example, help);
}

constexpr std::array kFields{
    kind_of_plan("serve"),
    kName,
    kModel,
    quantity("traffic.rate", Hertz::kDim, {1e-6, 999999}, Need::kRequired, "", "10 /s",
             "Requests per second over the whole fleet; a trace is stretched to it."),
    ScenarioField{"traffic.input_tokens", kNumber, Dim{}, kTokens, "", Need::kRequired, "", "1000",
                  "Mean length of a prompt in tokens."},
    ScenarioField{"traffic.output_tokens", kNumber, Dim{}, kTokens, "", Need::kRequired, "", "300",
                  "Mean length of an answer in tokens."},
    limit("limits.ttft_mean", "1 s", "Largest mean time to first token."),
    limit("limits.ttft_p50", "1 s", "Largest median of the time to first token."),
    limit("limits.ttft_p90", "2 s", "Largest 90th percentile of it, of simulated requests."),
    limit("limits.ttft_p95", "2 s", "Largest 95th percentile of it, of simulated requests."),
    limit("limits.ttft_p99", "2 s", "Largest 99th percentile of it, of simulated requests."),
    limit("limits.tpot_mean", "50 ms", "Largest mean time per output token after the first."),
    limit("limits.tpot_p50", "50 ms", "Largest median of it."),
    limit("limits.tpot_p90", "50 ms", "Largest 90th percentile of it, of simulated requests."),
    limit("limits.tpot_p95", "50 ms", "Largest 95th percentile of it, of simulated requests."),
    limit("limits.tpot_p99", "50 ms", "Largest 99th percentile of it, of simulated requests."),
    ScenarioField{"deploy.weights", kChoices, Dim{}, kNone,
                  "published fp32 bf16 fp16 fp8 int8 nvfp4 mxfp4 int4", Need::kOptional,
                  "published", "[bf16, fp8]",
                  "Storage formats of the weights to try; `published` is the checkpoint's own."},
    ScenarioField{"deploy.kv_cache", kChoice, Dim{}, kNone, "bf16 fp16 fp8 int8", Need::kOptional,
                  "bf16", "fp8", "Storage format of the KV cache."},
    ScenarioField{"deploy.engine", kChoice, Dim{}, kNone,
                  "vllm vllm-0.10 sglang trtllm trtllm-1.0 trtllm-engine", Need::kOptional, "vllm",
                  "vllm", "Serving engine whose overheads and memory formula are used."},
    kBooks,
    kFiles,
    kKinds,
    quantity("constraints.budget", UsdPerSecond::kDim, {0, 1e9}, Need::kOptional, "",
             "50000 USD/month", "Most that the fleet may cost."),
    quantity("constraints.power", Watts::kDim, {1, 1e12}, Need::kOptional, "", "40 kW",
             "Most that the fleet may draw, whole systems at full load, without cooling."),
    kInclude,
    kExclude,
    kRegions,
    kDomesticOnly,
    number("search.headroom", {0, 10}, "0", "0.2",
           "Capacity beyond the rate: 0.2 plans for 120 % of it."),
    whole("seed", {0, 9e15}, "1", "1", "Seed of whatever is drawn at random."),
};

}  // namespace

std::span<const ScenarioField> scenario_fields() { return kFields; }

}  // namespace assay::plan
