// step_power.h — what a board draws while a replica serves: from the operations and bytes of its
// decode iteration and of its prompts, and the shares of the time that each of them takes.
// And what the server around the boards draws. Equation and constants: model/power.h,
// data/power.yaml. Unknown where the board's limit is.
// Pure; thread-safe.
#pragma once

#include <optional>
#include <string>

#include "base/quantity.h"
#include "catalog/language_model.h"
#include "catalog/power_curve.h"
#include "model/deployment.h"
#include "model/hardware.h"
#include "model/power.h"
#include "model/step_model.h"
#include "search/choose_deployment.h"

namespace assay::search {

// Shares of the peaks that one iteration reaches, mean over the accelerators of a replica.
// `tokens_max` of the engine: how finely a pipeline may cut prompts.
model::BoardUse board_use(const catalog::LanguageModel& model, const model::Hardware& hardware,
                          const model::Deployment& deployment, const model::Step& step,
                          const model::Iteration& iteration, double tokens_max);

// Of one board while such iterations run; nothing where the catalog does not know its limit.
std::optional<Watts> board_power(const catalog::PowerCurve& curve, const model::Hardware& hardware,
                                 const model::BoardUse& use);

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

struct ServerPower {
  std::optional<model::NodePower> node;  // of one server
  std::string unknown;                   // why there is none
  int count{};                           // servers that the subject's accelerators fill
};

// The servers around boards that draw so much; the subject's accelerators must fill them.
ServerPower server_power(const ServingSubject& subject, const ServingTables& tables,
                         const model::BoardPower& board);

}  // namespace assay::search
