#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace assay {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: internal error: '%s' does not hold; please report it\n", file, line,
               expression);
  std::exit(1);  // exit code 1 is the contract for an internal error; abort() would be 134
}

}  // namespace assay
