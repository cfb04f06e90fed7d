// random_streams.h — which stream of the seed each kind of draw uses, so that no draw depends on
// another kind being drawn at all.
// Constants; a stream of many takes its number times kStreamsApart in addition.
#pragma once

#include <cstdint>

namespace assay::workload {

inline constexpr std::uint64_t kGapStream = 0x7261661, kPhaseStream = 0x7261662,
                               kInputStream = 0x7261663, kOutputStream = 0x7261664,
                               kPairStream = 0x7261665, kGroupStream = 0x7261666,
                               kShiftStream = 0x7261667;
inline constexpr std::uint64_t kStreamsApart = 0x100000000;

}  // namespace assay::workload
