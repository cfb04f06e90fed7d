// colour.h — the few colours of the terminal; meaning never hangs on them alone (a mark is there
// too). Pure; ANSI escapes. Cells of tables stay unpainted: their width is counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::present {

enum class Colour : std::uint8_t { kBold, kRed, kYellow };

// The text itself where `on` is false.
std::string paint(std::string_view text, Colour colour, bool on);

}  // namespace assay::present
