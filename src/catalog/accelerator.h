// accelerator.h — one accelerator: every figure a Fact; one table of fields drives parsing, schema,
// columns, compare. Figures are per accelerator unless a reading's basis says otherwise; peaks used
// are dense with fp32 accumulate; link bandwidths used are both ways and aggregate. Format:
// docs/catalog-format.md. Plain values, immutable after loading.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/quantity.h"
#include "catalog/fact.h"

namespace assay::catalog {

enum class Peak : std::uint8_t {
  kFp64Vector,
  kFp64Matrix,
  kFp32Vector,
  kFp32Matrix,
  kTf32,
  kBf16,
  kFp16,
  kFp8,
  kFp6,
  kFp4,
  kInt8,
  kInt4
};
inline constexpr std::size_t kPeakCount = 12;
std::string_view name(Peak peak);  // "fp64_vector", …, as in the files
int bits(
    Peak peak);  // operand width: 64, …, 4 (tf32: 19, as the export rule counts it is 32; see tpp)

struct Accelerator {
  std::string id, name, vendor, family, note;
  std::vector<std::string> aliases;
  Where where;

  Fact<std::string> architecture, process;
  Fact<double> dies, transistors, compute_units;
  Fact<SquareMetres> die_area;
  Fact<Hertz> boost_clock;

  Fact<std::string> memory_type;
  Fact<Bytes> memory_marketed, memory_usable, l2, last_level_cache;
  Fact<BytesPerSecond> memory_bandwidth;

  std::array<Fact<FlopsPerSecond>, kPeakCount> peaks;
  Fact<std::string> sparsity_2to4;

  Fact<std::string> link_kind, link_topology, pcie;
  Fact<BytesPerSecond> link_bandwidth, link_pair_bandwidth, die_to_die, scale_out;
  Fact<double> link_count;

  Fact<Watts> power;
  Fact<std::string> form_factor, cooling;
  Fact<std::string> software_stack, software_target;
  Fact<std::string> released, status, domestic_cn, export_status;
  Fact<Usd> street_price;

  std::vector<SeenInPrint> seen_in_print;

  const Fact<FlopsPerSecond>& peak(Peak p) const { return peaks[static_cast<std::size_t>(p)]; }
};

// A reference to one fact of an accelerator, whatever its type.
using FactRef =
    std::variant<const Fact<std::string>*, const Fact<double>*, const Fact<Bytes>*,
                 const Fact<BytesPerSecond>*, const Fact<FlopsPerSecond>*, const Fact<Watts>*,
                 const Fact<Usd>*, const Fact<SquareMetres>*, const Fact<Hertz>*>;

// What a field's readings must state, and what the used one states. kNone: nothing. kPeak: dense or
// sparse; dense, not fp16 accumulate, is used. kLink: direction and extent; both ways and aggregate
// is used. kPair: as kLink, but per pair is used. kLineRate: nothing, one way (a port's line rate).
enum class BasisRule : std::uint8_t { kNone, kPeak, kLink, kPair, kLineRate };

enum class TextForm : std::uint8_t { kFree, kDate, kTopology, kYesNo };

// The readings that a field takes. Bounds are what physics allows, in base units; what is merely
// implausible is for lint.h. Unused for the other kind of field.
struct Accepts {
  double low{};
  double high{};
  TextForm text{};
  Scope scope{Scope::kSubject};  // what a reading without a scope is a figure of
};

struct AcceleratorField {
  std::string_view path;   // "memory.bandwidth": key in the files and in --columns
  std::string_view title;  // "memory bandwidth"
  BasisRule basis_rule;
  FactRef (*of)(const Accelerator&);
  Accepts accepts;
};

// All fields in the order of docs/catalog-format.md.
std::span<const AcceleratorField> accelerator_fields();

}  // namespace assay::catalog
