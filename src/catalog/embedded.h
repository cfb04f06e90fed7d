// embedded.h — the files that travel inside the program: data/, schemas/, examples/ and the
// measurements of validation/.
// Paths count from the repository's root, such as "data/accelerators/h200.yaml", sorted by byte.
// The bytes live as long as the program and are not zero-terminated. Safe from any thread.
// How they get in: tools/embed.cmake.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace assay::catalog {

struct EmbeddedFile {
  std::string_view path;
  std::string_view bytes;
};

std::span<const EmbeddedFile> embedded_files();

// The content of one file, or nothing if no such file was there when the program was built.
std::optional<std::string_view> embedded_file(std::string_view path);

}  // namespace assay::catalog
