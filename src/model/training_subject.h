// training_subject.h — one question about training: the model, the hardware, the constants and the
// job, which are the same for all layouts; and what of a layout a layer's cost depends on. Plain
// values.
#pragma once

#include <compare>

#include "catalog/language_model.h"
#include "catalog/training_table.h"
#include "model/hardware.h"
#include "model/training_job.h"

namespace assay::model {

// Everything that is the same for all layouts of one question. The referenced must outlive it; the
// constants that apply are looked up once.
struct TrainingSubject {
  TrainingSubject(const catalog::LanguageModel& m, const Hardware& h,
                  const catalog::TrainingTable& t, TrainingJob j);

  const catalog::LanguageModel& model;
  const Hardware& hardware;
  const catalog::TrainingTable& table;
  TrainingJob job;
  const catalog::TrainingFamily& family;
  const catalog::TrainingStack& stack;
  const catalog::TrainingLink& link;     // within a domain
  const catalog::TrainingLink& network;  // between domains
};

// What of a layout a layer's cost depends on.
struct ShardShape {
  int tensor{1}, context{1}, expert{1}, expert_tensor{1}, micro_batch{1};
  bool sequence_parallel{};
  ContextComm context_comm{};
  friend auto operator<=>(const ShardShape&, const ShardShape&) = default;
};
ShardShape shard_shape(const TrainingLayout& layout);

}  // namespace assay::model
