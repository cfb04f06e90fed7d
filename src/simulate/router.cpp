#include "simulate/router.h"

#include <algorithm>
#include <array>
#include <utility>

namespace assay::simulate {

namespace {

constexpr std::array<std::pair<Routing, std::string_view>, 7> kNames{{
    {Routing::kRoundRobin, "round-robin"},
    {Routing::kRandom, "random"},
    {Routing::kLeastOutstanding, "least-outstanding"},
    {Routing::kPowerOfTwo, "power-of-two"},
    {Routing::kLeastKv, "least-kv"},
    {Routing::kPrefixAffinity, "prefix-affinity"},
    {Routing::kWeighted, "weighted"},
}};

}  // namespace

std::string_view name(Routing routing) {
  return kNames[static_cast<std::size_t>(routing)].second;
}

std::optional<Routing> parse_routing(std::string_view text) {
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& n) { return n.second == text; });
  if (found == kNames.end()) return std::nullopt;
  return found->first;
}

std::vector<std::string_view> routing_names() {
  std::vector<std::string_view> names;
  for (const auto& n : kNames) names.push_back(n.second);
  return names;
}

}  // namespace assay::simulate
