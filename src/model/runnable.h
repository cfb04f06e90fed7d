// runnable.h — whether a deployment can run at all, and what a reader should know about how it
// runs. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/language_model.h"
#include "model/deployment.h"
#include "model/hardware.h"

namespace assay::model {

// Heads divide, the links reach, the hardware multiplies in that format. The error names what
// binds.
Result<bool> runnable(const catalog::LanguageModel& model, const Hardware& hardware,
                      const Deployment& deployment);

// What a reader should know about how a runnable deployment runs: weights that are dequantised
// because the hardware does not multiply in their format, KV heads that are replicated.
std::vector<std::string> deployment_notes(const catalog::LanguageModel& model,
                                          const Hardware& hardware, const Deployment& deployment);

// Whether the weights are stored as published: then the published scheme says which of them are
// quantised.
bool as_published(const catalog::LanguageModel& model, const Deployment& deployment);

}  // namespace assay::model
