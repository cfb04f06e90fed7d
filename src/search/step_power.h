// step_power.h — what a board draws while a replica serves: from the operations and bytes of its
// decode iteration and of its prompts, and the shares of the time that each of them takes.
// Equation and constants: model/power.h, data/power.yaml. Unknown where the board's limit is.
// Pure; thread-safe.
#pragma once

#include <optional>

#include "base/quantity.h"
#include "catalog/language_model.h"
#include "catalog/power_curve.h"
#include "model/deployment.h"
#include "model/hardware.h"
#include "model/power.h"
#include "model/step_model.h"

namespace assay::search {

// Shares of the peaks that one iteration reaches, mean over the accelerators of a replica.
// `tokens_max` of the engine: how finely a pipeline may cut prompts.
model::BoardUse board_use(const catalog::LanguageModel& model, const model::Hardware& hardware,
                          const model::Deployment& deployment, const model::Step& step,
                          const model::Iteration& iteration, double tokens_max);

// Of the time; what is left of 1 is idle.
struct PhaseShares {
  double prefill{}, decode{};
};

// Of one board.
struct PhasePower {
  Watts prefill, decode, mean;
  Watts idle;   // no request at all
  Watts limit;  // of the data sheet
};

// Nothing where the catalog does not know the board's limit.
std::optional<PhasePower> phase_power(const catalog::PowerCurve& curve,
                                      const model::Hardware& hardware,
                                      const model::BoardUse& prefill, const model::BoardUse& decode,
                                      const PhaseShares& shares);

}  // namespace assay::search
