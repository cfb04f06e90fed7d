// simulate_arguments.h — the arguments of `assay simulate` → its options, and these → the document
// that the same rules read as a fleet's file. Errors of what was typed name the option.
#pragma once

#include <string>

#include "base/error.h"
#include "document/node.h"
#include "present/arguments.h"
#include "present/options.h"

namespace assay::present {

Result<SimulateOptions> simulate_options(const Arguments& given);

struct AskedFleet {
  document::Document document;
  std::string text;  // of the file and the options, for the hash
};

// Reads the fleet's file, if one was named, and lays the options over it.
Checked<AskedFleet> asked_fleet(const SimulateOptions& options);

// Errors at values that were typed as options: their place is the option. True if all of them are.
bool name_options(const SimulateOptions& options, Errors& errors);

}  // namespace assay::present
