// json_fuzz.cpp — any bytes as JSON: refused with errors that have a place or a tree in its limits.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "document_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  assay::fuzz::check(assay::document::read_json("fuzz", text), text);
  return 0;
}
