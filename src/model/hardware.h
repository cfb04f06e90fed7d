// hardware.h — what the models need to know of an accelerator in its system, resolved from the
// catalog. A needed fact that is unknown is a refusal that names it; nothing is filled in silently.
// Facts used are listed with their sources, so that an answer can show where it came from. Plain
// values.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "catalog/catalog.h"
#include "catalog/efficiency.h"
#include "catalog/format.h"

namespace assay::model {

using catalog::LinkKind;
enum class Topology : unsigned char { kNone, kSwitch, kMesh, kRing, kTorus, kPcie };

struct Link {
  LinkKind kind{};
  Topology topology{};
  int domain{1};                                   // accelerators that share it
  BytesPerSecond one_way;                          // per accelerator, aggregate
  std::optional<BytesPerSecond> pair_one_way;      // mesh: between one pair
  std::optional<BytesPerSecond> beyond_one_way{};  // scale-out network, per accelerator
};

// A figure that an answer rests on.
struct UsedFact {
  std::string figure;  // "memory bandwidth of h200"
  std::string value;   // "4.8 TB/s"
  std::string basis;   // "per accelerator"
  std::string source;  // id in sources.yaml; "derived: …" for what follows from others
  catalog::Confidence confidence{};
};

struct Hardware {
  std::string accelerator, system, family;  // ids; system may be empty
  Bytes memory_usable;
  BytesPerSecond memory_bandwidth;
  std::array<std::optional<FlopsPerSecond>, catalog::kPeakCount> peaks;
  double compute_units{};  // SM, CU, AI core
  std::optional<Watts> power;
  std::optional<BytesPerSecond> host_one_way;  // to the host's memory
  Link link;
  std::vector<UsedFact> facts;

  // The dense rate at which matrices of this format multiply. The two 16-bit formats stand for each
  // other. Nothing: the hardware cannot, or nobody knows how fast.
  std::optional<FlopsPerSecond> matrix_peak(catalog::Format activations) const;
};

// `system` may be null: then one accelerator alone, or the accelerator's own link facts for `count`
// > 1.
Result<Hardware> resolve_hardware(const catalog::Catalog& catalog,
                                  const catalog::Accelerator& accelerator,
                                  const catalog::System* system);

}  // namespace assay::model
