// note_text.h — how the readers of notes search them: words, numbers beside a label. What counts as
// a number is each reader's own: `read` gets text and returns an optional.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace assay::evidence {

inline bool has(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

// What `read` makes of the text after `label`, at the first place where it makes anything.
template <class Read>
std::optional<double> read_after(std::string_view text, std::string_view label, Read read) {
  for (std::size_t at = text.find(label); at != std::string_view::npos;
       at = text.find(label, at + 1)) {
    if (const std::optional<double> value = read(text.substr(at + label.size()))) return value;
  }
  return std::nullopt;
}

// The same of the digits and points that end where `label` begins: "1000" of "1000 requests".
template <class Read>
std::optional<double> read_before(std::string_view text, std::string_view label, Read read) {
  for (std::size_t at = text.find(label); at != std::string_view::npos;
       at = text.find(label, at + 1)) {
    const std::string_view before = text.substr(0, at);
    const std::size_t last = before.find_last_not_of("0123456789.");
    const std::size_t begin = last == std::string_view::npos ? 0 : last + 1;
    if (const std::optional<double> value = read(before.substr(begin))) return value;
  }
  return std::nullopt;
}

// The length of the digits and points that `text` begins with, without the full stop of a sentence.
std::size_t number_length(std::string_view text);

// Where it is one that something may be counted by.
std::optional<int> as_count(std::optional<double> number);

// What was said first stays.
template <class T>
void fill(std::optional<T>& field, const std::optional<T>& value) {
  if (!field) field = value;
}

}  // namespace assay::evidence
