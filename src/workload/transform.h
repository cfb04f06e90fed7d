// transform.h — what is done with traffic on its way: scaled, superposed, repeated, limited.
// Each wraps a NextRequest in another and keeps no more than the requests that are next.
// Order is kept: arrivals never fall, and at equal times the earlier source or line goes first.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "workload/trace.h"
#include "workload/traffic.h"

namespace assay::workload {

struct Scale {
  double rate{1};  // times are divided by it
  // Of lengths, rounded, 1 to 100,000,000. Prefix blocks scale with the prompt, so that the shared
  // part of it stays the same share; blocks of less than a token are dropped.
  double input{1}, output{1};
};
NextRequest scaled(NextRequest requests, Scale scale);

// Copies of a trace, each but the first shifted by a drawn time around its period: what would come
// behind its end comes at its beginning. Copies share no prefixes: they are other users.
// `stream` sets the draws of several traces apart.
struct Copies {
  std::int64_t count{1};
  std::int64_t period_ns{};
  std::uint64_t seed{}, stream{};
};
NextRequest copies_of(std::shared_ptr<const Trace> trace, Copies copies);

// Several at once, in the order of time. They share no prefixes.
NextRequest merged(std::vector<NextRequest> sources);

// From the beginning again after each period, for ever (until 100 years). Rounds share no
// prefixes. Ends where a round has no request.
NextRequest repeated(std::function<NextRequest()> open, std::int64_t period_ns);

// The first so many, and those that come before this time.
struct Limits {
  std::optional<std::int64_t> requests;
  std::optional<std::int64_t> before_ns;
};
NextRequest limited(NextRequest requests, Limits limits);

}  // namespace assay::workload
