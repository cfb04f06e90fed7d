#include "search/run_power.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/assert.h"
#include "search/step_power.h"

namespace assay::search {

namespace {

using simulate::IterationProfile;
using simulate::IterationSums;

// A board's energy and time in some of the iterations.
struct Drawn {
  Joules energy;
  Seconds time;
};

class Boards {
 public:
  Boards(const ServingSubject& subject, const ServingTables& tables, const PoolRun& run)
      : subject_{subject},
        run_{run},
        curve_{tables.power.family(subject.hardware.family)},
        tokens_max_{tables.efficiency.engine(run.deployment.engine).tokens_max} {}

  Drawn drawn(const std::array<IterationSums, IterationProfile::kSizes>& sizes) const {
    Drawn all;
    for (const IterationSums& sums : sizes) {
      if (sums.iterations <= 0) continue;
      const Seconds time = Seconds::from_base(sums.seconds);
      all.energy += watts(mean_iteration(sums)) * time;
      all.time += time;
    }
    return all;
  }

  Watts limit() const { return *subject_.hardware.power; }
  Watts idle() const { return limit() * curve_.idle; }
  const std::string& origin() const { return curve_.origin; }

 private:
  Watts watts(const model::Iteration& iteration) const {
    const model::Hardware& hardware = subject_.hardware;
    const model::BoardUse use = board_use(subject_.model, hardware, run_.deployment,
                                          run_.step.step(iteration), iteration, tokens_max_);
    return *board_power(curve_, hardware, use);
  }

  const ServingSubject& subject_;
  const PoolRun& run_;
  const catalog::PowerCurve& curve_;
  double tokens_max_;
};

// Rounding may leave a board that is never idle just above its limit.
Watts mean_of(Joules energy, Seconds time, const Boards& boards) {
  return time > Seconds{} ? std::min(energy / time, boards.limit()) : boards.idle();
}

void add_server(RunPower& power, const ServingSubject& subject, const ServingTables& tables,
                Seconds board_seconds, double output_tokens) {
  const Watts mean = Watts::from_base(power.mean.estimate.value);
  const ServerPower server = server_power(subject, tables, {.mean = mean, .limit = power.limit});
  power.node = server.node;
  power.node_unknown = server.unknown;
  if (!server.node) return;
  power.energy_node = server.node->total * board_seconds / subject.system->accelerators;
  if (output_tokens > 0) power.joules_per_token_node = power.energy_node->base() / output_tokens;
}

}  // namespace

model::Iteration mean_iteration(const IterationSums& sums) {
  ASSAY_ASSERT(sums.iterations > 0);
  const double each = 1 / sums.iterations;
  model::Iteration mean{.prefill_tokens = sums.prefill_tokens * each,
                        .prefill_pieces = sums.prefill_pieces * each,
                        .prefill_ends = sums.prefill_ends * each,
                        .decode_sequences = sums.decode_sequences * each};
  if (sums.prefill_pieces > 0) mean.prefill_before = sums.prefill_before / sums.prefill_pieces;
  if (sums.decode_sequences > 0) mean.decode_context = sums.decode_context / sums.decode_sequences;
  return mean;
}

PoolPower pool_power(const ServingSubject& subject, const ServingTables& tables,
                     const PoolRun& run) {
  ASSAY_ASSERT(run.replica_seconds >= 0 && run.output_tokens >= 0);
  if (!subject.hardware.power) {
    return {
        .run = {},
        .unknown = fmt::format("the catalog knows no power of {}", subject.hardware.accelerator)};
  }
  const Boards boards{subject, tables, run};
  const Drawn prompts = boards.drawn(run.profile.prompts);
  const Drawn decoding = boards.drawn(run.profile.decoding);
  const Seconds busy = prompts.time + decoding.time;
  const Seconds there = std::max(Seconds::from_base(run.replica_seconds), busy);
  const Joules idle = boards.idle() * (there - busy);
  const Joules board = prompts.energy + decoding.energy + idle;  // one of each replica
  const int accelerators = run.deployment.accelerators();
  const Seconds board_seconds = there * accelerators;

  const IntervalWidth width = interval_width(subject, tables, "server", "power");
  const double most = (boards.limit() * board_seconds).base();
  const double energy = std::min((board * accelerators).base(), most);
  RunPower power;
  power.energy = figure_at_most(energy, most, width);
  power.mean = figure_at_most(mean_of(board, there, boards).base(), boards.limit().base(), width);
  if (run.output_tokens > 0) {
    const IntervalWidth tokens = interval_width(subject, tables, "server", "throughput");
    power.joules_per_token = figure(energy / run.output_tokens, independent(width, tokens));
  }
  if (board > Joules{}) {
    power.shares = {.prompts = prompts.energy / board,
                    .decoding = decoding.energy / board,
                    .idle = idle / board};
  }
  power.limit = boards.limit();
  power.origin = boards.origin();
  add_server(power, subject, tables, board_seconds, run.output_tokens);
  return {.run = std::move(power), .unknown = {}};
}

}  // namespace assay::search
