// read_fact.h — the groups of a catalog file ("memory", "peak", …) → facts, driven by a table of
// fields. Every problem is appended to `errors` with its place; what could be read is kept, so that
// one pass finds all. Format: docs/catalog-format.md.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "catalog/accelerator.h"
#include "document/bind.h"
#include "document/node.h"

namespace assay::catalog {

// One file while it is read.
struct ReadContext {
  const document::Document& document;
  const std::vector<Source>& sources;  // sorted by id
  Errors& errors;
};

// A field of the table together with the fact that it fills in the subject at hand.
struct FactSlot {
  std::string_view path;
  BasisRule basis_rule;
  Accepts accepts;
  FactRef fact;
};

template <class Field, class Subject>
std::vector<FactSlot> slots_of(std::span<const Field> fields, const Subject& subject) {
  std::vector<FactSlot> slots;
  for (const Field& field : fields) {
    slots.push_back({field.path, field.basis_rule, field.accepts, field.of(subject)});
  }
  return slots;
}

// Fills the slots of a subject that the caller owns. `dies`: the slot that counts dies, or null.
void read_facts(const ReadContext& context, document::Binder& root, std::span<const FactSlot> slots,
                const Fact<double>* dies);

// The list "seen_in_print"; each entry names a field of the slots.
std::vector<SeenInPrint> read_seen_in_print(const ReadContext& context, document::Binder& root,
                                            std::span<const FactSlot> slots);

}  // namespace assay::catalog
