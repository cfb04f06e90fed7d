// system.h — a server, rack or cluster: which accelerators, how many, joined by what.
// Link bandwidth is per accelerator, both ways, aggregate, unless a reading's basis says otherwise.
// Plain values, immutable after loading. Format: docs/catalog-format.md.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/accelerator.h"

namespace assay::catalog {

struct SystemPart {
  std::string system;  // id
  int count{};
};

struct System {
  std::string id, name, vendor, kind, note;  // kind: server, rack, cluster
  std::vector<std::string> aliases;
  Where where;

  std::string accelerator;  // id; empty for what is composed of systems
  int accelerators{};       // of a composition: the sum over its parts if all are known, else 0
  std::vector<SystemPart> parts;

  Fact<std::string> link_kind, link_topology;  // topology: switch, mesh, ring, torus, pcie
  Fact<double> link_domain;                    // accelerators that share the fast link
  Fact<BytesPerSecond> link_bandwidth, link_pair_bandwidth, link_total;
  Fact<std::string> scale_out_kind;
  Fact<BytesPerSecond> scale_out_bandwidth;
  Fact<std::string> host_cpu;
  Fact<Bytes> host_memory;
  Fact<double> accelerators_per_node;
  Fact<Watts> power;
  Fact<std::string> form_factor, cooling;
  Fact<Bytes> total_memory;
  Fact<BytesPerSecond> total_memory_bandwidth;
  Fact<FlopsPerSecond> total_bf16, total_fp8, total_fp4, total_fp64;
  Fact<std::string> released, status;
  Fact<Usd> street_price;

  std::vector<SeenInPrint> seen_in_print;
};

struct SystemField {
  std::string_view path;
  std::string_view title;
  BasisRule basis_rule;
  FactRef (*of)(const System&);
  Accepts accepts;
};
std::span<const SystemField> system_fields();

}  // namespace assay::catalog
