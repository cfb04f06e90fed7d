#include "evidence/note_text.h"

#include <algorithm>

namespace assay::evidence {

std::size_t number_length(std::string_view text) {
  std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  while (end > 0 && text[end - 1] == '.') --end;
  return end;
}

std::optional<int> as_count(std::optional<double> number) {
  if (!number || *number < 1 || *number > 1e6) return std::nullopt;
  return static_cast<int>(*number);
}

}  // namespace assay::evidence
