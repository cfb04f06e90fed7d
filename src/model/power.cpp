#include "model/power.h"

#include <algorithm>

#include "base/assert.h"

namespace assay::model {

double board_share(const catalog::PowerCurve& curve, const BoardUse& use) {
  ASSAY_ASSERT(use.compute >= 0 && use.memory >= 0);
  ASSAY_ASSERT(use.overhead >= 0 && use.overhead <= 1);
  const double busy = 1 - use.overhead;
  const double work = curve.compute * use.compute + curve.memory * use.memory;
  const double share = use.overhead * curve.overhead + std::min(busy, busy * curve.overhead + work);
  return std::min(share, 1.0);  // rounding
}

std::optional<NodePower> node_power(const catalog::System& system, const BoardPower& board,
                                    const catalog::HostPower& host) {
  ASSAY_ASSERT(board.mean >= Watts{} && board.mean <= board.limit);
  const std::optional<Watts> rated = system.power.value();
  if (system.kind != "server" || !rated || system.accelerators <= 0) return std::nullopt;
  const Watts beyond = *rated - board.limit * system.accelerators;
  if (beyond <= Watts{}) return std::nullopt;
  const Watts accelerators = board.mean * system.accelerators, rest = beyond * host.share;
  return NodePower{.accelerators = accelerators, .host = rest, .total = accelerators + rest};
}

}  // namespace assay::model
