// id.h — typed index: a SourceId cannot be used where a ReplicaId is meant.
// Only names a position in the container that made it.
#pragma once

#include <compare>
#include <cstdint>

namespace assay {

template <class Tag>
struct Id {
  std::uint32_t index{};
  friend constexpr auto operator<=>(Id, Id) = default;
};

}  // namespace assay
