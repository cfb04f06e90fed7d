// override.h — one value of a document replaced from the command line: "traffic.rate=20 /s".
// The value is YAML; mappings on the way are made where they are missing. Replaced values have no
// line: messages about them name the file alone.
#pragma once

#include <string_view>

#include "base/error.h"
#include "document/node.h"

namespace assay::document {

// `assignment` is PATH=VALUE. Error (kInput): no '=', an empty path, a path through something that
// is no mapping, or a VALUE that is not YAML.
Result<bool> override_value(Document& document, std::string_view assignment);

}  // namespace assay::document
