#include "base/hash.h"

#include <string>

#include <gtest/gtest.h>

namespace assay {
namespace {

// The reference values of XXH3-128 with seed 0, as printed by `xxhsum -H2`.
TEST(Hash, AgreesWithTheReferenceImplementation) {
  EXPECT_EQ(content_hash(""), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(content_hash("a"), "a96faf705af16834e6c632b61e964e1f");
}

TEST(Hash, HasThirtyTwoDigits) {
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(content_hash(std::to_string(i)).size(), 32u);
}

TEST(Hash, TakesEveryByte) {
  EXPECT_NE(content_hash(std::string("a\0b", 3)), content_hash(std::string("a\0c", 3)));
}

}  // namespace
}  // namespace assay
