// plan_text.h — a Plan as a page for the terminal: question, choice, ranking, losses, sensitivity.
// At most 100 columns unless --wide. Computes no figure; the last line is what reproduces it.
#pragma once

#include <string>

#include "plan/plan.h"
#include "present/options.h"

namespace assay::present {

std::string plan_text(const plan::Plan& plan, const CommonOptions& options, int runners_up);

}  // namespace assay::present
