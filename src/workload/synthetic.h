// synthetic.h — requests drawn from distributions (traffic_spec.h says which), one after the other
// and without end. Nothing is stored for a request. A function of the specification and the seed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/quantity.h"
#include "workload/trace.h"
#include "workload/traffic.h"
#include "workload/traffic_spec.h"

namespace assay::workload {

Errors check_synthetic(const SyntheticTraffic& spec, Hertz rate);

// Requires that check_synthetic finds nothing. `lengths`: pairs are drawn from it; may be null.
NextRequest synthetic_requests(const SyntheticTraffic& spec, Hertz rate,
                               std::shared_ptr<const Trace> lengths, std::uint64_t seed);

// "Poisson arrivals at 10 requests/s, 1,024 tokens in, 256 tokens out".
std::string describe(const SyntheticTraffic& spec, Hertz rate);

}  // namespace assay::workload
