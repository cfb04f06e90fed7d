#include "model/deployment.h"

#include <gtest/gtest.h>

namespace assay::model {
namespace {

TEST(LayoutText, NamesTheAxesThatAreCut) {
  EXPECT_EQ(layout_text({}), "tp1");
  EXPECT_EQ(layout_text({.tensor = 8}), "tp8");
  EXPECT_EQ(layout_text({.tensor = 2, .pipeline = 4}), "tp2 pp4");
  EXPECT_EQ(layout_text({.data = 8, .expert = 8}), "tp1 dp8 ep8");
  EXPECT_EQ(layout_text({.tensor = 4, .speculation = {.draft_tokens = 3}}), "tp4 draft3");
}

TEST(Deployment, TakesTheProductOfTensorDataAndPipeline) {
  const Deployment d{.tensor = 2, .data = 4, .expert = 8, .pipeline = 3};
  EXPECT_EQ(d.stage_accelerators(), 8);
  EXPECT_EQ(d.accelerators(), 24);
}

TEST(TokensPerIteration, AreOneAndTheDraftsThatAreAccepted) {
  EXPECT_DOUBLE_EQ(tokens_per_iteration({}), 1.0);
  EXPECT_DOUBLE_EQ(tokens_per_iteration({.draft_tokens = 3, .acceptance = 0.5}), 1.875);
  EXPECT_DOUBLE_EQ(tokens_per_iteration({.draft_tokens = 3, .acceptance = 1}), 4.0);
  EXPECT_DOUBLE_EQ(tokens_per_iteration({.draft_tokens = 3, .acceptance = 0}), 1.0);
}

}  // namespace
}  // namespace assay::model
