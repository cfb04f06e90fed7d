// training_launch.h — a training layout as the command line that runs it: torchrun alone, or
// torchrun with the arguments of Megatron-LM's pretrain_gpt.py. Flags: megatron/training/arguments
// and megatron/core/transformer/transformer_config of github.com/NVIDIA/Megatron-LM, core 0.14.
// What those cannot say (other schedules, adapters, partial offload) is a comment in the text.
// Paths of data, tokenizer and checkpoints are shell variables. Pure.
#pragma once

#include <string>

#include "catalog/language_model.h"
#include "model/training_job.h"
#include "present/training_options.h"

namespace assay::present {

struct LaunchQuestion {
  const catalog::LanguageModel& model;
  model::TrainingJob job;
  model::TrainingLayout layout;
  int per_node{8};  // accelerators of a server
  double tokens{};  // of the run; 0: not said
};

// Lines for a POSIX shell, ended by a newline; `how` is not kNone.
std::string training_launch(const LaunchQuestion& question, Launcher how);

}  // namespace assay::present
