// served_rows.h — what the servers of the fits share: texts from a stream, each a line with its
// length in bytes and then the text; errors of what was read, and the exit status that says so.
#pragma once

#include <cstddef>
#include <iostream>
#include <string>

#include "base/error.h"

namespace assay::fit {

// False at the end of the stream.
inline bool read_text(std::istream& in, std::string& text) {
  std::size_t length = 0;
  if (!(in >> length)) return false;
  in.get();
  text.resize(length);
  return static_cast<bool>(in.read(text.data(), static_cast<std::streamsize>(length)));
}

inline int report(const Errors& errors) {
  for (const Error& error : errors) std::cerr << render(error) << '\n';
  return 3;
}

}  // namespace assay::fit
