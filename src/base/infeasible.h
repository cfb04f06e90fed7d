// infeasible.h — the Error of what is understood and cannot be: it does not fit, nobody says how
// fast it is. No place: no line of an input is wrong.
#pragma once

#include <string>
#include <utility>

#include "base/error.h"

namespace assay {

inline Error infeasible(std::string what, std::string expected = {}) {
  return {.kind = Error::Kind::kInfeasible,
          .what = std::move(what),
          .expected = std::move(expected),
          .near = {},
          .where = {}};
}

}  // namespace assay
