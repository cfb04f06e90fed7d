// field_schema.h — a field of a table as JSON Schema, draft-07: the same in every schema that is
// made of such a table. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "plan/scenario_fields.h"

namespace assay::plan {

// Type, range, choices, help, default and example.
nlohmann::ordered_json field_schema(const ScenarioField& field);

}  // namespace assay::plan
