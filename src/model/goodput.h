// goodput.h — what failures leave of the time of a training run, and how often to save it.
// Failures come at random (exponential) at any time: while training, saving or restarting. After
// each, the job restarts from its last checkpoint that is safe. It may wait for a repair first.
// Shares are bare doubles. Pure; equal on every machine. Equations: docs/models.md, "Training run".
// Sources: Daly, Future Generation Computer Systems 22(3), 2006; Vaidya, IEEE Transactions on
// Computers 46(8), 1997 (checkpoints beside the training); Erlang's loss formula (spares).
#pragma once

#include <optional>

#include "base/quantity.h"
#include "workload/training_run.h"

namespace assay::model {

struct GoodputInputs {
  Seconds mtbf;               // of the job
  Seconds write;              // from a checkpoint's begin until it is safe, > 0
  Seconds stall;              // of it: the training stands, <= write
  Seconds restart;            // from a failure, or a repair, to the first new step
  double hardware_share{};    // of the failures that take something out until its repair
  Seconds repair;             // mean time of that
  std::optional<int> spares;  // nothing: never waits
  double straggler{};
  std::optional<Seconds> interval;  // of training between checkpoints; nothing: the best
};

// What a run of so many accelerators assumes, with `state` bytes in a checkpoint.
GoodputInputs goodput_inputs(const workload::TrainingRun& run, int accelerators, Bytes state);

// Of the wall time; they add up to 1.
struct Goodput {
  Seconds interval;     // of training between two checkpoints
  double useful{};      // at full speed, and not lost later
  double straggler{};   // what the slowest accelerator adds to that
  double checkpoint{};  // saving, where the checkpoint was reached
  double lost{};        // done again after a failure: training and saving since the last safe one
  double restart{};
  double repair{};  // waiting for it
  Hertz failures;   // mean rate over the wall time
};

// The interval asked for or the best one; a checkpoint is safe before the next one begins.
Seconds checkpoint_interval(const GoodputInputs& inputs);

// A run of many such intervals. Of no use (tiny, not an error) where failures outrun restarts.
Goodput goodput(const GoodputInputs& inputs, Seconds interval);

// Daly's complete model at its exact optimum: training between checkpoints, without the stall.
Seconds optimum_interval(Seconds stall, Seconds mtbf);

// Young 1974: √(2 · stall · mtbf), stall ≪ mtbf. For comparison.
Seconds young_interval(Seconds stall, Seconds mtbf);

// One interval of so much training and its checkpoint, from safe to safe, without repairs.
struct SegmentTime {
  Seconds mean, deviation;
};
SegmentTime segment_time(const GoodputInputs& inputs, Seconds interval);

// Waits for repairs, per second in which the job does not wait.
struct RepairWaits {
  double mean{};     // s/s
  Seconds variance;  // s²/s, over a long time; repair times exponential
};
RepairWaits repair_waits(const GoodputInputs& inputs);

// The fewest spares with which the job waits for at most this share of its time.
int spares_for(const GoodputInputs& inputs, double share);

// Bytes that a checkpoint keeps of each trained parameter: weight in 16 bits, master weight and two
// moments in 32.
Bytes checkpoint_bytes(double trained_parameters);

}  // namespace assay::model
