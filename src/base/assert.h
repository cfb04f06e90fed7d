// assert.h — ASSAY_ASSERT: a programmer's error stops the program, in release builds too.
// Never for a user's input; not inside hot loops (style rule 20).
#pragma once

namespace assay {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}  // namespace assay

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define ASSAY_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::assay::assertion_failed(#expression, __FILE__, __LINE__))
