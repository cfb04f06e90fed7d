#include "base/nearest.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace assay {
namespace {

// Letters that look like digits, as those digits: h20O looks like h200.
std::string look(std::string_view word) {
  std::string out = to_lower(word);
  for (char& c : out) {
    if (c == 'o') c = '0';
    else if (c == 'l' || c == 'i') c = '1';
  }
  return out;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  const std::string x = to_lower(a), y = to_lower(b);
  std::vector<std::size_t> before(y.size() + 1), last(y.size() + 1), row(y.size() + 1);
  for (std::size_t j = 0; j <= y.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= x.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= y.size(); ++j) {
      const std::size_t change = x[i - 1] == y[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      const bool swapped = i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[y.size()];
}

std::vector<std::string> nearest(std::string_view word, std::span<const std::string> known,
                                 std::size_t count) {
  constexpr std::size_t kWordBytesMax = 64;  // what is longer is not a misspelt id
  if (word.empty() || word.size() > kWordBytesMax) return {};
  std::vector<std::array<std::size_t, 3>> scored;  // distance, difference in length, index
  for (std::size_t i = 0; i < known.size(); ++i) {
    const std::size_t longest = std::max(word.size(), known[i].size());
    const bool alike = look(word) == look(known[i]);
    const std::size_t distance = alike ? 0 : edit_distance(word, known[i]);
    const bool prefix = word.size() >= 2 && to_lower(known[i]).starts_with(to_lower(word));
    const std::size_t length_apart = longest - std::min(word.size(), known[i].size());
    if (prefix) scored.push_back({std::min<std::size_t>(distance, 1), length_apart, i});
    else if (distance * 2 <= longest) scored.push_back({distance, length_apart, i});
  }
  std::sort(scored.begin(), scored.end());
  std::vector<std::string> words;
  for (const auto& [distance, length_apart, index] : scored) {
    if (words.size() == count) break;
    words.push_back(known[index]);
  }
  return words;
}

}  // namespace assay
