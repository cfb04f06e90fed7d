// router.h — which replica gets a request, by what a router sees of each of them.
// Draws are counter-based: request by request the same, whatever happens between. Pure but for the
// turn that is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace assay::simulate {

enum class Routing : unsigned char {
  kRoundRobin,
  kRandom,
  kLeastOutstanding,  // fewest requests running and waiting
  kPowerOfTwo,        // the better of two at random
  kLeastKv,           // fewest blocks in use and asked for
  kPrefixAffinity,    // most of the prompt cached, among those that are not overloaded
  kWeighted,          // fewest requests for its capacity
};
std::string_view name(Routing routing);  // "least-outstanding"
std::optional<Routing> parse_routing(std::string_view name);
std::vector<std::string_view> routing_names();

}  // namespace assay::simulate
