// training_network.h — what a group of ranks reaches of the links of a training job: within one
// link domain that link, across domains the scale-out network of all ranks that a domain holds of
// the group. Seconds. Pure. docs/models.md, "Training".
#pragma once

#include "model/training_subject.h"

namespace assay::model {

struct GroupLink {
  double seconds_per_byte{};  // that one rank sends
  double latency{};           // of one collective
};

// `ranks` of a group, each `stride` ranks from the next. Nothing for one rank; endless where they
// would need a network that nobody knows (trainable() refuses such layouts).
GroupLink group_link(const TrainingSubject& subject, int ranks, int stride);

// Of n ranks each sends (n − 1)/n of a volume in a reduce-scatter, an all-gather or an all-to-all.
double ring_seconds(const GroupLink& link, int ranks, double bytes);

// Twice that in an all-reduce; where the switches add up (TrainingJob::in_network_reduction), the
// volume once: Graham et al. 2016 (SHARP), COMHPC, section 2.
double all_reduce_seconds(const TrainingSubject& subject, const GroupLink& link, int ranks,
                          double bytes);

}  // namespace assay::model
