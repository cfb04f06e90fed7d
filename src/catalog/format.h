// format.h — number formats of weights, activations and KV cache, with what they occupy.
// `bits_per_value` includes the scales of block-wise formats (see format.cpp).
// Pure functions on an enumeration.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace assay::catalog {

enum class Format : std::uint8_t { kFp32, kBf16, kFp16, kFp8, kInt8, kNvfp4, kMxfp4, kInt4, kQ4KM };

std::string_view name(Format format);  // "bf16", "fp8", "nvfp4", …
// Those names, and "fp4" for nvfp4; case-insensitive.
std::optional<Format> parse_format(std::string_view text);
double bits_per_value(Format format);

}  // namespace assay::catalog
