#include "catalog/module_patterns.h"

#include <gtest/gtest.h>

namespace assay::catalog {
namespace {

TEST(ModulePatterns, NamesMeanTheModuleAndWhatIsBelow) {
  const ModulePatterns p{{"lm_head", "model.layers.3.self_attn", "model.layers.7.mlp.gate"}};
  EXPECT_TRUE(p.match(3, "self_attn.o_proj"));
  EXPECT_FALSE(p.match(4, "self_attn.o_proj"));
  EXPECT_FALSE(p.match(7, "mlp.gate_proj")) << "a name is no prefix";
}

TEST(ModulePatterns, GlobsAndPrefixesOfWrappers) {
  const ModulePatterns p{
      {"language_model.model.layers.0*", "model.layers.1.self_attn*", "*.mlp.shared_expert.*"}};
  EXPECT_TRUE(p.match(0, "mlp.down_proj"));
  EXPECT_FALSE(p.match(10, "self_attn.o_proj")) << "layer 1 is not layer 10";
  EXPECT_TRUE(p.match(1, "self_attn.o_proj"));
  EXPECT_TRUE(p.match(20, "mlp.shared_expert.down_proj"));
  EXPECT_FALSE(p.match(20, "mlp.experts.0.down_proj"));
}

TEST(ModulePatterns, RegularExpressionsOfModuleLists) {
  const ModulePatterns p{
      {"re:.*self_attn.*", "re:.*mlp\\.(gate|up|down)_proj$", "re:model.layers.[0-9]+.router"}};
  EXPECT_TRUE(p.match(5, "self_attn.o_proj"));
  EXPECT_TRUE(p.match(5, "mlp.down_proj"));
  EXPECT_FALSE(p.match(5, "mlp.experts.0.down_proj"));
  EXPECT_TRUE(p.match(5, "router"));
}

TEST(ModulePatterns, LayersOfOtherPartsAreNotTheDecoders) {
  const ModulePatterns p{{"mtp.layers.0*", "vision_model.encoder.layers.1.self_attn"}};
  EXPECT_FALSE(p.match(0, "mlp.down_proj"));
  EXPECT_FALSE(p.match(1, "self_attn.o_proj"));
}

TEST(ModulePatterns, BareNamesAreComponents) {
  const ModulePatterns p{{"gate", "experts"}};
  EXPECT_TRUE(p.match(0, "mlp.experts.0.down_proj"));
  EXPECT_FALSE(p.match(0, "mlp.shared_experts.down_proj"));
  EXPECT_TRUE(p.match(0, "mlp.gate"));
  EXPECT_FALSE(p.match(0, "mlp.gate_proj"));
}

}  // namespace
}  // namespace assay::catalog
