#include "model/hardware.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "catalog/catalog.h"

namespace assay::model {
namespace {

using catalog::Format;

const catalog::Catalog& built_in() {
  static const catalog::Catalog kCatalog = catalog::load_catalog({}).value();
  return kCatalog;
}

Result<Hardware> resolve(std::string_view accelerator, std::string_view system = {}) {
  return resolve_hardware(built_in(), *built_in().accelerator(accelerator),
                          system.empty() ? nullptr : built_in().system(system));
}

TEST(ResolveHardware, TakesTheFiguresOfTheCatalog) {
  const auto h = resolve("h200", "hgx-h200");
  ASSERT_TRUE(h.has_value());
  EXPECT_EQ(h->family, "hopper");
  EXPECT_DOUBLE_EQ(h->memory_usable.base(), 141.0 * 1073741824);
  EXPECT_DOUBLE_EQ(h->memory_bandwidth.base(), 4.8e12);
  EXPECT_DOUBLE_EQ(h->matrix_peak(Format::kFp8)->base(), 1979e12);
  EXPECT_FALSE(h->matrix_peak(Format::kNvfp4).has_value());
  EXPECT_EQ(h->link.kind, LinkKind::kNvlink);
  EXPECT_EQ(h->link.topology, Topology::kSwitch);
  EXPECT_EQ(h->link.domain, 8);
  EXPECT_DOUBLE_EQ(h->link.one_way.base(), 450e9);
}

TEST(ResolveHardware, ListsTheFactsItUsedWithTheirSources) {
  const auto h = resolve("h200", "hgx-h200");
  ASSERT_TRUE(h.has_value());
  const auto fact = [&](std::string_view figure) {
    return *std::ranges::find(h->facts, figure, &UsedFact::figure);
  };
  EXPECT_EQ(fact("memory bandwidth of h200").value, "4.8 TB/s");
  EXPECT_EQ(fact("memory bandwidth of h200").source, "mle-accelerators");
  EXPECT_EQ(fact("usable memory of h200").source, "derived: HBM: the marketed number is GiB");
  EXPECT_EQ(fact("fp8 peak of h200").basis, "dense");
}

TEST(ResolveHardware, KnowsTheLinksOfAMeshAndOfAHost) {
  const auto mesh = resolve("mi300x", "mi300x-platform");
  ASSERT_TRUE(mesh.has_value());
  EXPECT_EQ(mesh->link.kind, LinkKind::kXgmi);
  EXPECT_EQ(mesh->link.topology, Topology::kMesh);
  EXPECT_DOUBLE_EQ(mesh->link.one_way.base(), 448e9);

  const auto host = resolve("l40s", "8x-l40s");
  ASSERT_TRUE(host.has_value());
  EXPECT_EQ(host->link.kind, LinkKind::kPcie);
  EXPECT_EQ(host->link.topology, Topology::kPcie);
  EXPECT_DOUBLE_EQ(host->link.one_way.base(), 32e9);
}

TEST(ResolveHardware, AssumesAnEightfoldDomainWithoutASystemAndSaysSo) {
  const auto h = resolve("h100");
  ASSERT_TRUE(h.has_value());
  EXPECT_EQ(h->link.domain, 8);
  const auto assumed =
      std::ranges::find(h->facts, catalog::Confidence::kAssumed, &UsedFact::confidence);
  ASSERT_NE(assumed, h->facts.end());
}

TEST(ResolveHardware, TakesTheBusForALinkOfUnknownBandwidthAndSaysSo) {
  const auto h = resolve("gb300", "");
  ASSERT_TRUE(h.has_value());
  catalog::Accelerator silent = *built_in().accelerator("gb300");
  silent.link_bandwidth = {};
  const auto bus = resolve_hardware(built_in(), silent, nullptr);
  ASSERT_TRUE(bus.has_value());
  EXPECT_EQ(bus->link.kind, LinkKind::kPcie);
  EXPECT_LT(bus->link.one_way, h->link.one_way);
  const auto note = std::ranges::find(bus->facts, "link of gb300", &UsedFact::figure);
  ASSERT_NE(note, bus->facts.end());
  EXPECT_TRUE(note->value.starts_with("PCIe instead of ")) << note->value;
}

TEST(ResolveHardware, RefusesWhatIsOnlyKnownAsARange) {
  const auto h = resolve("ascend-910b");
  ASSERT_FALSE(h.has_value());
  EXPECT_NE(h.error().what.find("ascend-910b: memory is only known as a range"), std::string::npos)
      << h.error().what;
}

TEST(ResolveHardware, RefusesASystemOfAnotherAccelerator) {
  const auto h = resolve("h100", "hgx-h200");
  ASSERT_FALSE(h.has_value());
  EXPECT_EQ(h.error().what, "hgx-h200 is built with h200, not with h100");
}

TEST(ResolveHardware, ResolvesOrNamesWhatIsMissingForAll) {
  for (const catalog::Accelerator& accelerator : built_in().accelerators) {
    const auto h = resolve_hardware(built_in(), accelerator, nullptr);
    if (h) {
      EXPECT_GT(h->memory_usable.base(), 0) << accelerator.id;
      EXPECT_GT(h->memory_bandwidth.base(), 0) << accelerator.id;
      EXPECT_TRUE(h->matrix_peak(Format::kBf16).has_value()) << accelerator.id;
      EXPECT_TRUE(h->link.domain == 1 || h->link.one_way.base() > 0) << accelerator.id;
    } else {
      EXPECT_TRUE(h.error().what.starts_with(accelerator.id + ": ")) << h.error().what;
    }
  }
}

}  // namespace
}  // namespace assay::model
