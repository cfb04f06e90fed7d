#include "present/colour.h"

#include <fmt/format.h>

namespace assay::present {

std::string paint(std::string_view text, Colour colour, bool on) {
  if (!on) return std::string{text};
  const int code = colour == Colour::kBold ? 1 : colour == Colour::kRed ? 31 : 33;
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

}  // namespace assay::present
