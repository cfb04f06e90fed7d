// traffic.h — the requests that a serving fleet is asked, one after the other in the order of their
// arrival: from a trace of real requests, or drawn from distributions. Streamed: a billion requests
// need the memory of one (a looped or superposed trace: that of the trace).
// Deterministic: a function of the specification and its seed. A Traffic is used by one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/sim_time.h"

namespace assay::workload {

struct TrafficRequest {
  SimTime arrival;               // since the start of the traffic; never falls
  std::int32_t input_tokens{};   // of the prompt, >= 1
  std::int32_t output_tokens{};  // generated, >= 1
  std::int32_t priority{};       // lower goes first (as vLLM has it)
  std::int32_t model{};          // which of the fleet's models is asked
  // The prompt in consecutive blocks of `prefix_block_tokens`, the last one perhaps shorter. Equal
  // ids: equal tokens up to the end of that block, so that their KV cache can be shared. Empty:
  // nothing is known to be shared.
  std::vector<std::uint64_t> prefix;
  std::int32_t prefix_block_tokens{};
};

// Fills in the next request and returns true; false when there is no further one. What `request`
// held is overwritten, the capacity of `prefix` is reused.
using NextRequest = std::function<bool(TrafficRequest& request)>;

}  // namespace assay::workload
