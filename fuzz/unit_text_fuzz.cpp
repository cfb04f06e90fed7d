// unit_text_fuzz.cpp — any text as a quantity: refused, or finite and ordered, and what is printed
// for it can be read again.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/quantity.h"
#include "base/unit_text.h"

namespace {

template <class Q>
void check(std::string_view text) {
  const auto parsed = assay::parse_quantity(text, Q::kDim);
  if (!parsed) {
    ASSAY_ASSERT(!parsed.error().what.empty());
    return;
  }
  ASSAY_ASSERT(std::isfinite(parsed->low) && std::isfinite(parsed->high));
  ASSAY_ASSERT(parsed->low <= parsed->high);
  const auto again = assay::parse_quantity(assay::quantity_text(parsed->low, Q::kDim, 17), Q::kDim);
  ASSAY_ASSERT(again.has_value());
  ASSAY_ASSERT(std::abs(again->low - parsed->low) <= 1e-9 * std::abs(parsed->low));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check<assay::Seconds>(text);
  check<assay::Bytes>(text);
  check<assay::BytesPerSecond>(text);
  check<assay::Watts>(text);
  return 0;
}
