// fact.h — a catalog figure: its readings, each with basis, source and confidence. A fact may be
// unknown (no readings), known not to exist (`none`), or contested (readings that disagree):
// unknown is never 0, and conflicts stay visible. The used reading is the first one in the
// canonical basis of its field. Format of the files: docs/catalog-format.md. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/id.h"
#include "base/quantity.h"

namespace assay::catalog {

enum class Confidence : std::uint8_t {
  kDatasheet,
  kVendorDocument,
  kOfficialRule,
  kMeasured,
  kThirdParty,
  kDerived,
  kRumour,
  kAssumed
};
std::string_view code(Confidence confidence);  // "DS", "VD", "OR", "ME", "TP", "DE", "RU", "AS"
std::string_view name(Confidence confidence);  // "datasheet", "vendor-doc", …
Result<Confidence> parse_confidence(std::string_view word);

struct Source {
  std::string id, title, publisher, at, date;
  Confidence confidence{};
};
using SourceId = Id<struct SourceTag>;  // index into Catalog::sources

enum class Sparsity : std::uint8_t { kUnstated, kDense, kSparse };
enum class Scope : std::uint8_t { kSubject, kDie, kAccelerator, kSuperchip, kSystem, kRack };
enum class Direction : std::uint8_t { kUnstated, kOneWay, kBothWays };
enum class Extent : std::uint8_t { kUnstated, kLink, kPair, kAggregate };
enum class Accumulate : std::uint8_t { kUnstated, kFp32, kFp16 };

// What a figure is a figure of. kSubject and kUnstated: the field's convention in
// docs/catalog-format.md.
struct Basis {
  Sparsity sparsity{};
  Scope scope{};
  Direction direction{};
  Extent extent{};
  Accumulate accumulate{};
  friend bool operator==(const Basis&, const Basis&) = default;
};
std::string to_text(const Basis& basis);  // "dense, per accelerator"; "" when nothing is stated
// The reverse. Refuses unknown words and two words for one axis.
Result<Basis> parse_basis(std::string_view words);

template <class T>
struct Reading {
  T value{};                // the low end of a range
  std::optional<T> high{};  // set for a range only
  bool none{};              // the thing does not exist; value is meaningless
  Basis basis;
  SourceId source;
  Confidence confidence{};
  std::string as_printed, note;
  Where where;
};

template <class T>
struct Fact {
  std::vector<Reading<T>> readings;
  std::optional<std::size_t>
      used_index;  // set at load: the first reading in the field's canonical basis

  bool unknown() const { return readings.empty(); }
  const Reading<T>* used() const { return used_index ? &readings[*used_index] : nullptr; }
  bool none() const { return used() != nullptr && used()->none; }
  // The one value to calculate with: nothing when unknown, `none`, or only a range is known.
  std::optional<T> value() const {
    const Reading<T>* r = used();
    if (r == nullptr || r->none || r->high) return std::nullopt;
    return r->value;
  }
};

// A value in print that is known to be wrong: kept for audits, never used.
struct SeenInPrint {
  std::string field, value, why;
  Basis basis;
  SourceId source;
  Where where;
};

}  // namespace assay::catalog
