// power.h — power of a board while an iteration runs, and of the server around its boards.
// A board: a floor as soon as anything runs, plus what arithmetic and memory add in proportion to
// the shares of their peaks that are reached, at most its limit. A server: its boards, plus a
// measured share of what it is rated for beyond their limits; unknown where the rating is.
// Shares are bare doubles. Pure. Constants: data/power.yaml. Linear in the use, as processors'
// power is: Fan, Weber, Barroso, Power provisioning for a warehouse-sized computer, ISCA 2007.
#pragma once

#include <optional>

#include "base/quantity.h"
#include "catalog/power_curve.h"
#include "catalog/system.h"

namespace assay::model {

// Means over an iteration.
struct BoardUse {
  double compute{};   // FLOP / (dense peak of the format · time); summed where formats mix
  double memory{};    // bytes / (memory bandwidth · time)
  double overhead{};  // share of the time in launches, host work and collectives
};

// Share of the board's limit: overhead · floor + min(busy, busy · floor + compute + memory), with
// busy = 1 − overhead: what is above the limit while matrices work does not fill the pauses.
// From the curve's `overhead` up to 1. While no iteration runs the board draws the curve's `idle`.
double board_share(const catalog::PowerCurve& curve, const BoardUse& use);

// Of one accelerator's board.
struct BoardPower {
  Watts mean, limit;
};

struct NodePower {
  Watts accelerators, host, total;  // host: all that is not a board, losses of the supplies as well
};

// A server under load with each of its boards at `board.mean`; never above its rating. Nothing: its
// number of accelerators or its power is unknown, or a range, or leaves nothing for a host (a bare
// card); or it is a rack or a cluster, of which nobody published a measurement.
std::optional<NodePower> node_power(const catalog::System& system, const BoardPower& board,
                                    const catalog::HostPower& host);

}  // namespace assay::model
