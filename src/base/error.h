// error.h — expected failures as values: where, what was found, what was expected, what is near.
// Loading collects every Error and returns them together; nothing is half-loaded (rules 17, 18).
// Programmer errors are ASSAY_ASSERT (assert.h), never an Error. No exceptions cross a room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

namespace assay {

// A place in an input. line and column count from 1; 0 means the whole file (or argument).
struct Where {
  std::string file;
  int line{};
  int column{};
  friend bool operator==(const Where&, const Where&) = default;
};

struct Error {
  enum class Kind : std::uint8_t { kInput, kInfeasible, kIo, kLimit };
  Kind kind{Kind::kInput};
  std::string what;               // what was found
  std::string expected;           // what would have been right; may be empty
  std::vector<std::string> near;  // closest valid spellings, best first
  std::optional<Where> where;
};

using Errors = std::vector<Error>;

// One value or the single reason why there is none.
template <class T>
using Result = tl::expected<T, Error>;

// One value or every reason why there is none.
template <class T>
using Checked = tl::expected<T, Errors>;

// "file:4:3: error: WHAT; expected EXPECTED (did you mean 'NEAR'?)". No final newline.
std::string render(const Error& error);

// Orders by file, then line, then column; errors without a place come first. Stable.
void sort_by_place(Errors& errors);

}  // namespace assay
