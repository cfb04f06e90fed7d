#include "catalog/format.h"

#include <array>
#include <cstddef>

#include "base/text.h"

namespace assay::catalog {
namespace {

struct Row {
  Format format;
  std::string_view name;
  double bits;
};

// Scales: fp8 and int8 carry one for 16,384 values or a row (neglected); nvfp4 8 bits for 16
// values; mxfp4 8 bits for 32 (OCP MX v1.0); int4 16 bits for the usual group of 128. q4_k_m is a
// mixture of 4- and 6-bit blocks: llama.cpp prints 4.89 bits for Llama-3-8B and 4.82 for 70B.
constexpr std::array kRows{
    Row{Format::kFp32, "fp32", 32},
    Row{Format::kBf16, "bf16", 16},
    Row{Format::kFp16, "fp16", 16},
    Row{Format::kFp8, "fp8", 8},
    Row{Format::kInt8, "int8", 8},
    Row{Format::kNvfp4, "nvfp4", 4 + 8.0 / 16},
    Row{Format::kMxfp4, "mxfp4", 4 + 8.0 / 32},
    Row{Format::kInt4, "int4", 4 + 16.0 / 128},
    Row{Format::kQ4KM, "q4_k_m", 4.85},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].format) != i) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

std::string_view name(Format format) { return kRows[static_cast<std::size_t>(format)].name; }

double bits_per_value(Format format) { return kRows[static_cast<std::size_t>(format)].bits; }

std::optional<Format> parse_format(std::string_view text) {
  const std::string lower = to_lower(text);
  if (lower == "fp4") return Format::kNvfp4;
  for (const Row& row : kRows) {
    if (row.name == lower) return row.format;
  }
  return std::nullopt;
}

}  // namespace assay::catalog
