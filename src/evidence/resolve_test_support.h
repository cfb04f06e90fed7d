// resolve_test_support.h — a fixture for tests of a resolver R of the built-in catalog: rows that
// have to resolve, and rows that have to be refused.
#pragma once

#include <gtest/gtest.h>

#include "evidence/resolve.h"

namespace assay::evidence {

template <class R>
class Resolving : public testing::Test {
 protected:
  auto of(const auto& row) {
    const auto resolved = resolver_.resolve(row);
    EXPECT_TRUE(resolved.has_value()) << resolved.error().why;
    return resolved.value();
  }
  Refused refused(const auto& row) {
    const auto resolved = resolver_.resolve(row);
    EXPECT_FALSE(resolved.has_value());
    return resolved.error();
  }
  catalog::Catalog catalog_ = catalog::load_catalog({}).value();
  R resolver_ = R::create(catalog_).value();
};

}  // namespace assay::evidence
