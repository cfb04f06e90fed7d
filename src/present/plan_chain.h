// plan_chain.h — the "explain" part of a saved plan, of serving or of training → figures with their
// inputs. Reads with the places of the file, so that a damaged plan is reported at its line.
#pragma once

#include <vector>

#include "document/node.h"
#include "plan/figures.h"

namespace assay::present {

// In the order of the file.
Checked<std::vector<plan::Figure>> read_chains(const document::Document& saved);

// Whether the document says that it is a plan.
bool is_plan(const document::Document& document);

}  // namespace assay::present
