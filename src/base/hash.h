// hash.h — stable content hash (XXH3, 128 bit) for ids, reproducibility lines and caches.
// The same bytes give the same text on every machine; not for security.
#pragma once

#include <string>
#include <string_view>

namespace assay {

// 32 lower-case hexadecimal digits.
std::string content_hash(std::string_view bytes);

}  // namespace assay
