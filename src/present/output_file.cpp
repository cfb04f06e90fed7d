#include "present/output_file.h"

#include <filesystem>
#include <system_error>

namespace assay::present {
namespace {

namespace fs = std::filesystem;

Error cannot(const std::string& path, std::string what, std::string expected) {
  return {.kind = Error::Kind::kIo,
          .what = std::move(what),
          .expected = std::move(expected),
          .near = {},
          .where = Where{path, 0, 0}};
}

}  // namespace

OutputFile::~OutputFile() {
  if (!stream_.is_open()) return;
  stream_.close();
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

Result<bool> OutputFile::open(const std::string& path) {
  path_ = target_ = path;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return tl::unexpected(cannot(path, "is a folder", "a file"));
  const bool direct = fs::exists(status) && !fs::is_regular_file(status);
  if (fs::exists(status) && !direct) target_ = fs::canonical(path, error).string();
  if (error && fs::exists(status)) target_ = path;
  if (!direct) temporary_ = target_ + ".partial";
  stream_.open(direct ? path : temporary_, std::ios::binary | std::ios::trunc);
  if (stream_) return true;
  const fs::path folder = fs::path{target_}.parent_path();
  const bool no_folder = !folder.empty() && !fs::exists(folder, error);
  temporary_.clear();
  return tl::unexpected(
      cannot(path, "cannot be written", no_folder ? "a file in a folder that exists" : ""));
}

Result<bool> OutputFile::finish() {
  stream_.close();
  if (!stream_.fail()) {
    if (temporary_.empty()) return true;
    std::error_code error;
    fs::rename(temporary_, target_, error);
    if (!error) return true;
  }
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove(temporary_, ignored);
  return tl::unexpected(cannot(path_, "could not be written whole", "room for it"));
}

}  // namespace assay::present
