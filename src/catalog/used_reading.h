// used_reading.h — which reading of a fact is calculated with: the first one in the field's
// canonical basis. Where none is canonical, one way × 2 or per die × dies is appended as a derived
// reading, marked and noted as such. Rules: docs/catalog-format.md, "Basis words". Pure.
#pragma once

#include <optional>

#include "catalog/accelerator.h"

namespace assay::catalog {

// Whether a reading with this basis is a figure of what the field is a field of.
bool is_canonical(const Basis& basis, BasisRule rule, Scope scope);

// Sets used_index, appending a converted reading where that is the only way. `dies` is nothing
// where unknown.
template <class T>
void settle(Fact<T>& fact, BasisRule rule, Scope scope, std::optional<double> dies);

}  // namespace assay::catalog
