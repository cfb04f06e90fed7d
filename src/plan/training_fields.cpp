#include <array>

#include "plan/scenario_rows.h"

namespace assay::plan {

namespace {

using namespace scenario_table;

constexpr Range kTime{1, 3.2e9}, kShort{0, 3.2e7}, kRanks{1, 1'000'000};
// Of one published run: workload/training_run.h.
constexpr std::string_view kPublishedMtbf = "50677 h";

constexpr ScenarioField duration(std::string_view path, Range range, std::string_view otherwise,
                                 std::string_view example, std::string_view help) {
  return quantity(path, Seconds::kDim, range, Need::kOptional, otherwise, example, help);
}

constexpr std::array kFields{
    kind_of_plan("train"),
    kName,
    kModel,
    quantity("training.tokens", Dim{}, {1, 1e18}, Need::kRequired, "", "15 trillion",
             "Tokens of the whole run."),
    whole("training.sequence", {1, 1e7}, "8192", "8192", "Tokens of a sequence."),
    whole("training.batch", {1, 1e7}, "1024", "2048",
          "Sequences of one step, over all accelerators."),
    quantity("training.batch_tokens", Dim{}, {1, 1e12}, Need::kOptional, "", "16777216",
             "The same as tokens; instead of 'batch'."),
    choices("training.formats", "bf16 fp8 fp8-row fp8-block mxfp8 nvfp4", "bf16", "[bf16, fp8]",
            "What matrices may multiply in; the best of them is planned."),
    whole("training.lora_rank", {1, 65536}, "", "16",
          "Train adapters of this rank; every weight if not said."),
    text("training.stack", Need::kOptional, "megatron", "megatron",
         "Training software whose efficiency is used."),
    duration("limits.deadline", kTime, "", "60 days", "Longest that the run may take."),
    number("limits.confidence", {0.5, 0.999}, "0.9", "0.9",
           "Probability with which deadline and budget are to be kept."),
    duration("failures.mtbf", kTime, kPublishedMtbf, "50000 h",
             "Mean time between failures of one accelerator."),
    whole("failures.spares", {0, 1e5}, "", "4",
          "Servers of eight that stand by and are paid; there is always one, unpaid, if not said."),
    duration("failures.repair", {1, 3.2e7}, "24 h", "24 h",
             "Mean time until a failed server is back."),
    duration("failures.restart", kShort, "7 min", "10 min",
             "From a failure to the first new step, without reading the checkpoint."),
    quantity("failures.checkpoint_bandwidth", BytesPerSecond::kDim, {1, 1e15}, Need::kOptional, "",
             "2 TB/s", "Of the storage, whole job; 122 MB/s an accelerator if not said."),
    kBooks,
    kFiles,
    kKinds,
    quantity("constraints.budget", Usd::kDim, {0, 1e12}, Need::kOptional, "", "100000000 USD",
             "Most that the leases of the run may cost."),
    quantity("constraints.power", Watts::kDim, {1, 1e12}, Need::kOptional, "", "20 MW",
             "Most that boards and hosts may draw at full load, without cooling."),
    whole("constraints.accelerators_min", kRanks, "", "8", "Fewest accelerators to consider."),
    whole("constraints.accelerators_max", kRanks, "65536", "16384", "Most to consider."),
    kInclude,
    kExclude,
    kRegions,
    kDomesticOnly,
    ScenarioField{"search.objective", kChoice, Dim{}, kNone, "cost time", Need::kOptional, "cost",
                  "cost", "What is made least within the limits."},
    number("search.pue", {1, 5}, "1", "1.2",
           "What the site draws over what the servers draw; of the energy only."),
};

}  // namespace

std::span<const ScenarioField> training_fields() { return kFields; }

}  // namespace assay::plan
