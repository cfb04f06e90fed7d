// nearest.h — the known spellings closest to a word that was not understood.
// Optimal string alignment distance on lower-cased text, nothing between letters and digits that
// look alike (O and 0) throughout; at a tie, words of the same length
// come first, then the order of `known` decides.
// Allocates; linear in known × length²: for error messages, not for hot paths.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

// Insertions, deletions, substitutions and swaps of neighbours from a to b. Case is ignored.
std::size_t edit_distance(std::string_view a, std::string_view b);

// At most `count` words, nearest first; those that differ in more than half of their letters are
// left out.
std::vector<std::string> nearest(std::string_view word, std::span<const std::string> known,
                                 std::size_t count = 3);

}  // namespace assay
