// training_options.h — what `predict train` and `search train` were asked, as plain data, and the
// tables of what can be typed after them. Filled by training_arguments.cpp.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/quantity.h"
#include "model/training_job.h"
#include "present/command_table.h"
#include "workload/training_run.h"

namespace assay::present {

struct TrainingQuestion {
  std::string model;        // library id or path of a config.json
  std::string accelerator;  // "h100:16384"; of a search also "h100:1024..16384"
  model::TrainingJob job;
  std::optional<workload::TrainingRun> run;  // --tokens: what the whole run takes
  std::optional<UsdPerSecond> price;         // of an accelerator
  double pue{1.0};
  std::vector<std::string> assumed;  // what was not said
};

struct PredictTrainingOptions {
  TrainingQuestion question;
  // Values of each degree; those of `layout` are not used.
  std::vector<int> tensor{1}, pipeline{1}, virtual_stages{1}, context{1};
  std::vector<int> expert{1}, expert_tensor{1}, micro_batch{1};
  model::TrainingLayout layout;           // all else
  std::optional<bool> sequence_parallel;  // nothing: where tensor > 1
  int data{};                             // 0: what the others leave
  bool choose{};                          // nothing was said: the fastest that fits
  bool table{};                           // a row a layout
  bool operators{}, explain{};
  int jobs{};  // 0: as many as there are cores
};

enum class Launcher : std::uint8_t { kNone, kMegatron, kTorchrun };

struct SearchTrainingOptions {
  TrainingQuestion question;
  int most{};              // of "h100:1024..16384"; 0: one count
  int accelerators_max{};  // 0: no budget
  int top{5};
  bool offload{}, all_schedules{};
  Launcher launch{};
  int jobs{};
};

inline constexpr std::string_view kTrainingPrecisions = "bf16|fp8|fp8-row|fp8-block|mxfp8|nvfp4";

// Of both commands.
inline constexpr std::array kTrainOptions{
    OptionSpec{"--sequence", "N", "tokens of a sequence; 8192 if not said"},
    OptionSpec{"--batch", "N", "sequences of a step, over all ranks; 1024 if not said"},
    OptionSpec{"--precision", "FORMAT", "that matrices multiply in; bf16 if not said",
               Completes::kChoice, kTrainingPrecisions},
    OptionSpec{"--lora", "RANK", "train adapters of this rank; every weight if not said"},
    OptionSpec{"--stack", "NAME", "training software; megatron if not said"},
    OptionSpec{"--in-network-reduction", "", "switches add up (SHARP, NVLS): whole all-reduces"},
    OptionSpec{"--tokens", "N", "of the whole run, 15T: days, energy, cost, chances"},
    OptionSpec{"--deadline", "TIME", "of the run: 60d; with --tokens"},
    OptionSpec{"--mtbf", "TIME", "between failures of one accelerator; 50,677 h if not said"},
    OptionSpec{"--checkpoint-bandwidth", "RATE", "of the storage, whole job; 122 MB/s each"},
    OptionSpec{"--spares", "N", "servers that stand by; there is always one if not said"},
    OptionSpec{"--price", "USD", "of an accelerator-hour"},
    OptionSpec{"--pue", "X", "what the site draws over what the servers draw; 1 if not said"},
};

inline constexpr std::array kPredictTrainOptions{
    OptionSpec{"--tp", "N", "tensor parallelism; degrees may be lists: 4,8 or 1..16"},
    OptionSpec{"--pp", "N", "pipeline stages"},
    OptionSpec{"--vpp", "N", "chunks of each stage (interleaved)"},
    OptionSpec{"--cp", "N", "context parallelism"},
    OptionSpec{"--ep", "N", "ranks that experts are dealt to"},
    OptionSpec{"--etp", "N", "tensor parallelism of experts"},
    OptionSpec{"--dp", "N", "data parallelism; what the others leave if not said"},
    OptionSpec{"--mbs", "N", "sequences of a micro-batch"},
    OptionSpec{"--sp", "", "sequence parallelism; where tensors are cut if not said"},
    OptionSpec{"--no-sp", "", "none"},
    OptionSpec{"--sharding", "WHAT", "over data-parallel ranks; zero1 if not said",
               Completes::kChoice, "none|zero1|zero2|zero3"},
    OptionSpec{"--shard-ranks", "N", "shard among so many only (hybrid)"},
    OptionSpec{"--recompute", "WHAT", "none, selective, full, or full:LAYERS of each chunk"},
    OptionSpec{"--schedule", "NAME", "of the pipeline; 1f1b if not said", Completes::kChoice,
               "1f1b|zero-bubble|dualpipe"},
    OptionSpec{"--context-comm", "HOW", "ring if not said", Completes::kChoice, "ring|all-to-all"},
    OptionSpec{"--offload", "LIST", "to the host: weights,activations,optimizer"},
    OptionSpec{"--operators", "", "and each operator: operations, bytes, times"},
    OptionSpec{"--explain", "", "and the catalog's figures that the answer rests on"},
    OptionSpec{"--jobs", "N", "threads; as many as there are cores if not said"},
};

inline constexpr std::array kSearchTrainOptions{
    OptionSpec{"--max-accelerators", "N", "a budget: counts above it are not chosen"},
    OptionSpec{"--top", "N", "how many layouts to show; 5 if not said"},
    OptionSpec{"--offload", "", "try the host's memory too"},
    OptionSpec{"--all-schedules", "", "try zero-bubble and dualpipe too"},
    OptionSpec{"--launch", "HOW", "write the launch command of the best layout", Completes::kChoice,
               "megatron|torchrun"},
    OptionSpec{"--jobs", "N", "threads; as many as there are cores if not said"},
};

}  // namespace assay::present
