// catalog_folder.cpp — the files of a user's catalog folder (read_overlay of catalog.h).
#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "document/read.h"

namespace assay::catalog {
namespace {

namespace fs = std::filesystem;

Error io_error(std::string what, std::string expected, const fs::path& path) {
  return {.kind = Error::Kind::kIo,
          .what = std::move(what),
          .expected = std::move(expected),
          .near = {},
          .where = Where{.file = path.string()}};
}

// The names in DIR/{accelerators,systems}, sorted. A .yml file would be left out in silence, so it
// is refused.
void list_folder(const fs::path& folder, std::vector<std::string>& names, Errors& errors) {
  std::error_code code;
  fs::directory_iterator entries{folder, code};
  for (; !code && entries != fs::directory_iterator{}; entries.increment(code)) {
    const fs::path path = entries->path();
    if (path.extension() == ".yaml") names.push_back(path.string());
    if (path.extension() == ".yml") {
      errors.push_back(io_error("the file would not be read", "a name that ends in .yaml", path));
    }
  }
  if (code) errors.push_back(io_error(code.message(), "a folder that can be read", folder));
}

}  // namespace

Checked<std::vector<CatalogFile>> read_overlay(const std::string& folder) {
  const fs::path root{folder};
  std::error_code code;
  if (!fs::is_directory(root, code)) {
    return tl::unexpected(Errors{io_error("the catalog folder does not exist",
                                          "a folder with accelerators/ or systems/", root)});
  }
  Errors errors;
  std::vector<std::string> names;
  bool anything = false;
  for (const char* part : {"accelerators", "systems"}) {
    if (!fs::is_directory(root / part, code)) continue;
    anything = true;
    list_folder(root / part, names, errors);
  }
  if (fs::exists(root / "sources.yaml", code)) names.push_back((root / "sources.yaml").string());
  if (!anything && names.empty()) {
    errors.push_back(io_error("nothing of a catalog is in the folder",
                              "accelerators/, systems/ or sources.yaml", root));
  }
  std::ranges::sort(names);
  std::vector<CatalogFile> files;
  for (const std::string& name : names) {
    auto text = document::read_text(name);
    if (text) files.push_back({name, std::move(*text)});
    else errors.push_back(std::move(text.error()));
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return files;
}

}  // namespace assay::catalog
