// text.h — small text helpers that more than one room needs: case, trimming, lists, stable numbers.
// ASCII case only: ids and units are ASCII; anything else passes through unchanged.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);
// The pieces are trimmed; never none: "" is one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> pieces, std::string_view separator);

// A user's text for a message: control characters become spaces; after `bytes_max` it is cut ("…").
std::string excerpt(std::string_view text, std::size_t bytes_max = 60);

// "a, b or c", for what an error message expected.
std::string one_of(std::span<const std::string> choices);

// Case-insensitive match with * and ?.
bool glob_match(std::string_view pattern, std::string_view text);

// The whole text as a finite decimal number; else false, and `value` stays as it is.
// No hexadecimal, no trailing letters, no locale.
bool parse_double(std::string_view text, double& value);
bool parse_int(std::string_view text, long long& value);

// `digits` significant digits after a whole part that is never rounded, no trailing zeros, an
// exponent only below 1e-4 and from 1e15 on: 3.35, 989, 12345, 0.274.
std::string number_text(double value, int digits = 4);
// Thousands separated by commas, `decimals` after the point: 13,000.00.
std::string grouped_text(double value, int decimals = 0);

}  // namespace assay
