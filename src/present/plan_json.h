// plan_json.h — a Plan as "assay.plan/1": stable keys with their units; it may only grow. Computes
// no figure.
#pragma once

#include <string>

#include "catalog/efficiency.h"
#include "plan/plan.h"

namespace assay::present {

std::string plan_json(const plan::Plan& plan, const catalog::EfficiencyTable& efficiency);

}  // namespace assay::present
