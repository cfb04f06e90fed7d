// measured_load.h — the scenario of a row → the load that a deployment is predicted under, and
// which of them no model covers. Pure.
#pragma once

#include <optional>
#include <string>

#include "evidence/measurement.h"
#include "evidence/resolve.h"
#include "simulate/serving_prediction.h"

namespace assay::evidence {

simulate::ServingLoad measured_load(const Measurement& measurement,
                                    const ResolvedMeasurement& resolved);

// Why the row belongs to a class that is declared as not modelled; nothing if it does not.
std::optional<std::string> unmodelled(const Measurement& measurement,
                                      const ResolvedMeasurement& resolved);

}  // namespace assay::evidence
