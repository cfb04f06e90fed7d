#include "catalog/embedded.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"

// Made by tools/embed.cmake, which describes the layout.
extern "C" {
extern const std::uint64_t assay_embedded_index[];  // NOLINT(modernize-avoid-c-arrays)
extern const char assay_embedded_bytes[];           // NOLINT(modernize-avoid-c-arrays)
}

namespace assay::catalog {
namespace {

std::vector<EmbeddedFile> read_index() {
  const std::uint64_t* entry = assay_embedded_index;
  std::vector<EmbeddedFile> files(static_cast<std::size_t>(*entry++));
  for (EmbeddedFile& file : files) {
    file.path = {assay_embedded_bytes + entry[0], static_cast<std::size_t>(entry[1])};
    file.bytes = {assay_embedded_bytes + entry[2], static_cast<std::size_t>(entry[3])};
    entry += 4;
  }
  ASSAY_ASSERT(std::ranges::is_sorted(files, {}, &EmbeddedFile::path));
  return files;
}

}  // namespace

std::span<const EmbeddedFile> embedded_files() {
  static const std::vector<EmbeddedFile> files = read_index();
  return files;
}

std::optional<std::string_view> embedded_file(std::string_view path) {
  const auto files = embedded_files();
  const auto found = std::ranges::lower_bound(files, path, {}, &EmbeddedFile::path);
  if (found == files.end() || found->path != path) return std::nullopt;
  return found->bytes;
}

}  // namespace assay::catalog
