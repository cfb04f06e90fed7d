// unit_text.h — quantities from and to text, one unit table per dimension.
// GB ≠ GiB; everything but zero and bare counts needs a unit; a misspelt one is told the nearest.
// Locale-free. "750 .. 800 TFLOP/s" is a range; commas are for thousands only ("1,000 W").
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/quantity.h"

namespace assay {

// A value in base units with its printed unit, before its dimension is checked against a field's.
struct ParsedQuantity {
  double low{};   // base units
  double high{};  // equals low unless the text is a range
};

// Parses "141 GB", "4.8TB/s", "989 TFLOP/s", "300 ms", "400 Gbit/s", "50 /s", "1.5 kW",
// "2 USD/hour", "80 billion" (a count: Dim{}), "1e3 B". Errors (without a place): unknown unit,
// with the nearest one; unit missing; unit of another dimension
// ("'300 ms' is a duration; expected a size in bytes such as '141 GB'").
// Refuses non-finite numbers. The sign is kept: range checks belong to the caller.
Result<ParsedQuantity> parse_quantity(std::string_view text, Dim dim);

template <class Q>
Result<Q> parse(std::string_view text) {
  const auto parsed = parse_quantity(text, Q::kDim);
  if (!parsed) return tl::unexpected(parsed.error());
  if (parsed->low != parsed->high) {
    return tl::unexpected(Error{.what = "'" + std::string{text} + "' is a range",
                                .expected = "one value",
                                .near = {},
                                .where = {}});
  }
  return Q::from_base(parsed->low);
}

// "duration", "size", "bandwidth", … with an example: "a duration such as '300 ms'".
std::string describe(Dim dim);

// Engineering text in the unit a reader expects: "141 GB", "4.8 TB/s", "989 TFLOP/s", "231 ms",
// "700 W", "814 mm²"; money as prices are written: "30,000 USD", "2.50 USD/h", "0.00042 USD".
// `digits` significant digits. Bytes print decimal units.
std::string quantity_text(double base_value, Dim dim, int digits = 4);

template <Dim D>
std::string to_text(Quantity<D> q, int digits = 4) {
  return quantity_text(q.base(), D, digits);
}

}  // namespace assay
