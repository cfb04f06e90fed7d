#include "catalog/embedded.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace assay::catalog {
namespace {

TEST(Embedded, EveryFileHasTheBytesOfTheRepository) {
  for (const EmbeddedFile& file : embedded_files()) {
    std::ifstream stream(std::string(ASSAY_SOURCE_DIR "/") + std::string(file.path),
                         std::ios::binary);
    ASSERT_TRUE(stream) << file.path;
    const std::string content{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_TRUE(content == file.bytes) << file.path;
  }
}

TEST(Embedded, EveryFileOfTheDataFoldersIsIn) {
  namespace fs = std::filesystem;
  for (const std::string folder : {"data", "schemas", "examples"}) {
    const fs::path root = ASSAY_SOURCE_DIR;
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file() || entry.path().extension() == ".md") continue;
      const std::string path = entry.path().lexically_relative(root).string();
      if (path.find("/.") != std::string::npos) continue;
      EXPECT_TRUE(embedded_file(path).has_value()) << path;
    }
  }
}

TEST(Embedded, PathsAreSortedAndEachIsFound) {
  const auto files = embedded_files();
  EXPECT_TRUE(std::ranges::is_sorted(files, {}, &EmbeddedFile::path));
  for (const EmbeddedFile& file : files) {
    const auto found = embedded_file(file.path);
    ASSERT_TRUE(found.has_value()) << file.path;
    EXPECT_EQ(found->data(), file.bytes.data()) << file.path;
  }
}

TEST(Embedded, UnknownPathIsNothing) {
  EXPECT_FALSE(embedded_file("data/no-such-file.yaml").has_value());
  EXPECT_FALSE(embedded_file("").has_value());
}

}  // namespace
}  // namespace assay::catalog
