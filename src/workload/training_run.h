// training_run.h — what is asked of a training run: tokens, a deadline, and what is assumed of
// failures, checkpoints and restarts.
// Defaults are those of one published run, 54 days of Llama 3 405B on 16,384 H100 (The Llama 3 Herd
// of Models, arXiv 2407.21783, section 3.3.4), where it says so: for other hardware, and where it
// says "assumed", nobody published a figure. Plain values.
#pragma once

#include <optional>
#include <string_view>

#include "base/quantity.h"

namespace assay::workload {

// The family that kAcceleratorMtbf was measured on; it is assumed of all others.
inline constexpr std::string_view kMtbfFamily = "hopper";
// 419 unexpected interruptions in 54 days of 16,384: 50,677 h, of the network and hosts as well.
inline constexpr Seconds kAcceleratorMtbf = kHour * (54.0 * 24.0 * 16384.0 / 419.0);
// 2 TB/s that their file system sustained, over the accelerators that shared it (section 3.3.1).
inline constexpr BytesPerSecond kStoragePerAccelerator = BytesPerSecond::from_base(2e12 / 16384.0);

struct FailureModel {
  Seconds accelerator_mtbf{kAcceleratorMtbf};  // the job's is this over its accelerators
  std::optional<Seconds> job_mtbf;             // measured of the job as a whole: replaces it
  double hardware_share{0.78};    // of the failures that take a server out until its repair; ibid.
  Seconds repair{kHour * 24.0};   // mean until it is back; assumed
  std::optional<int> spares;      // servers that stand by; nothing: there is always one more
  int accelerators_per_spare{8};  // of one such server
  double straggler{};             // time that the slowest adds to all steps, as a share
};

// From the failure to the first new step; all assumed. Its sum holds Llama 3's goodput above 0.9.
struct RestartTime {
  Seconds detect{kHour * (2.0 / 60)};
  Seconds reschedule{kHour * (3.0 / 60)};
  Seconds warm_up{kHour * (2.0 / 60)};  // processes, communicators, compilation
  std::optional<Seconds> load;          // of the checkpoint; nothing: as long as its write
};

struct CheckpointPlan {
  std::optional<BytesPerSecond> storage;  // of the whole job; nothing: kStoragePerAccelerator each
  std::optional<Seconds> write;           // until it is safe; nothing: its bytes over the storage
  std::optional<Seconds> stall;     // asynchronous: only this stops the training; nothing: `write`
  std::optional<Seconds> interval;  // of training between two; nothing: the best one
};

struct TrainingRun {
  double tokens{};
  std::optional<Seconds> deadline;
  FailureModel failures;
  RestartTime restart;
  CheckpointPlan checkpoint;
};

}  // namespace assay::workload
