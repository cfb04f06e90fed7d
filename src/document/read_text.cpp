#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "document/read.h"

namespace assay::document {

namespace {

namespace fs = std::filesystem;

Error io_error(const std::string& path, std::string what, std::string expected = {}) {
  return {.kind = Error::Kind::kIo,
          .what = std::move(what),
          .expected = std::move(expected),
          .near = {},
          .where = Where{path, 0, 0}};
}

Error too_large(const std::string& path, std::string found, std::size_t bytes_max) {
  const std::string limit = number_text(static_cast<double>(bytes_max) / 1048576.0);
  return io_error(path, std::move(found), fmt::format("at most {} MiB", limit));
}

// "dir/name" → "dir/nearest name", spelled as the user spelled the folder.
Error missing_file(const std::string& path) {
  constexpr int kNamesMax = 10'000;  // a suggestion is not worth reading a huge folder
  const fs::path wanted{path};
  const fs::path folder = wanted.parent_path();
  std::error_code problem;
  if (!folder.empty() && !fs::is_directory(folder, problem)) {
    return io_error(path, fmt::format("does not exist: there is no folder '{}'", folder.string()));
  }
  std::vector<std::string> names;
  fs::directory_iterator entries{folder.empty() ? fs::path{"."} : folder, problem};
  for (int i = 0; !problem && entries != fs::directory_iterator{} && i < kNamesMax; ++i) {
    names.push_back(entries->path().filename().string());
    entries.increment(problem);
  }
  std::sort(names.begin(), names.end());  // the order of a folder differs between machines
  Error error = io_error(path, "does not exist");
  for (const std::string& name : nearest(wanted.filename().string(), names)) {
    error.near.push_back((folder / name).string());
  }
  return error;
}

struct Close {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

Result<std::string> read_stream(const std::string& name, std::FILE* file, std::size_t bytes_max) {
  std::string text;
  std::vector<char> block(1u << 16);
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), file)) {
    if (text.size() + count > bytes_max) {
      return tl::unexpected(too_large(name, "is too large", bytes_max));
    }
    text.append(block.data(), count);
  }
  if (std::ferror(file) != 0) {
    const std::string reason = std::generic_category().message(errno);
    return tl::unexpected(io_error(name, fmt::format("cannot be read ({})", reason)));
  }
  return text;
}

}  // namespace

Result<std::string> read_text(const std::string& path, std::size_t bytes_max) {
  if (path == "-") return read_stream("standard input", stdin, bytes_max);
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  if (status.type() == fs::file_type::not_found) return tl::unexpected(missing_file(path));
  if (status.type() == fs::file_type::directory) {
    return tl::unexpected(io_error(path, "is a folder", "a file"));
  }
  if (status.type() == fs::file_type::regular) {
    const std::uintmax_t size = fs::file_size(path, problem);
    if (!problem && size > bytes_max) {
      const std::string mebibytes = number_text(static_cast<double>(size) / 1048576.0);
      return tl::unexpected(too_large(path, fmt::format("has {} MiB", mebibytes), bytes_max));
    }
  }
  const std::unique_ptr<std::FILE, Close> file{std::fopen(path.c_str(), "rb")};
  if (!file) {
    const std::string reason = std::generic_category().message(errno);
    return tl::unexpected(io_error(path, fmt::format("cannot be read ({})", reason)));
  }
  return read_stream(path, file.get(), bytes_max);
}

}  // namespace assay::document
