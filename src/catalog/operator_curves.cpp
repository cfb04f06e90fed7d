#include "catalog/operator_curves.h"

#include <algorithm>

#include "base/assert.h"
#include "catalog/embedded.h"
#include "catalog/take_fields.h"
#include "document/bind.h"
#include "document/read.h"

namespace assay::catalog {

namespace {

using document::Binder;
using document::Need;
using document::Node;
using document::Range;

constexpr std::string_view kFile = "data/operators.yaml";
constexpr Range kShare{0.01, 1.5};
constexpr Range kFactor{0, 1e4};
constexpr Range kSeconds{0, 1e-3};

// Binds the mapping under `key` by `read`.
template <class Read>
auto read_part(Binder& parent, std::string_view key, Read read) -> decltype(read(parent)) {
  const Node* node = parent.take(key, Need::kRequired);
  if (node == nullptr) return {};
  Binder b{parent.document(), *node, parent.errors(), std::string{key}};
  auto part = read(b);
  b.finish();
  return part;
}

// Measured kernels by the name of their format. Of two for one width the faster counts: an engine
// chooses it. A width that was not measured reaches what 16 bits reach.
WidthShares read_widths(Binder& b) {
  const auto take = [&](std::string_view key) { return take_or(b, key, kShare, 0); };
  const double sixteen = take_number(b, "bfloat16", kShare);
  const auto or_sixteen = [&](double share) { return share > 0 ? share : sixteen; };
  const double eight = std::max(take("fp8"), take("fp8_block"));
  const double mixed = take("w4a8_mxfp4_mxfp8");  // multiplies in 8 bit
  const double weight_only = std::max(take("int4_wo"), take("w4a16_mxfp4"));
  return {.sixteen = sixteen,
          .eight = or_sixteen(std::max(eight, mixed)),
          .four = or_sixteen(take("nvfp4")),
          .weight_only = or_sixteen(weight_only)};
}

// Of the 8- or 4-bit formats, the dearest that is measured without a host's delay.
Seconds read_cast(Binder& b) {
  Seconds cast;
  for (const char* key : {"fp8", "fp8_block", "nvfp4"}) {
    const auto each = b.take_quantity<Seconds>(key, Need::kOptional, kSeconds);
    if (each && (cast.base() == 0 || *each < cast)) cast = *each;
  }
  return cast;
}

// How well the fit describes what was held out; `residual_median` is kept.
double read_fit(Binder& b) {
  for (const char* key : {"rows", "rows_held_out", "transfer_median", "transfer_p90"}) {
    b.take_number(key, Need::kOptional, {0, 1e9});
  }
  b.take_text("transfer", Need::kOptional);
  take_number(b, "residual_p90", kFactor);
  return take_number(b, "residual_median", kFactor);
}

GemmCurve read_gemm(Binder& b) {
  GemmCurve gemm{.compute = read_part(b, "c", read_widths),
                 .memory = take_number(b, "e", kShare),
                 .overlap = take_number(b, "lambda", {0, 1}),
                 .cast = {},
                 .floor = take_seconds(b, "t0", kSeconds)};
  if (const Node* cast = b.take("cast", Need::kOptional); cast != nullptr) {
    Binder each{b.document(), *cast, b.errors(), "cast"};
    gemm.cast = read_cast(each);
    each.finish();
  }
  b.take("host_floor", Need::kOptional);  // of kernels that no graph launched: not the engine's
  return gemm;
}

void read_prefill(Binder& b, AttentionCurve& curve) {
  curve.prefill_compute = read_part(b, "a", read_widths).sixteen;
  curve.head_offset = take_number(b, "d0", kFactor);
  curve.tail = take_number(b, "tail", kFactor);
  curve.traffic = take_number(b, "traffic", kFactor);
  curve.prefill_floor = take_seconds(b, "t0", kSeconds);
  take_seconds(b, "pair", kSeconds);  // small beside the rest of a prompt
}

void read_decode(Binder& b, AttentionCurve& curve) {
  const WidthShares memory = read_part(b, "e", read_widths);
  curve.decode_memory = memory.sixteen;
  curve.decode_memory_8 = memory.eight;
  curve.decode_pair = take_seconds(b, "pair", kSeconds);
  curve.decode_overlap = take_number(b, "lambda", {0, 1});
  curve.decode_floor = take_seconds(b, "t0", kSeconds);
}

ExpertCurve read_experts(Binder& b) {
  ExpertCurve curve{.compute = read_part(b, "c", read_widths),
                    .memory = read_part(b, "e", read_widths),
                    .overlap = take_number(b, "lambda", {0, 1}),
                    .passes = take_number(b, "passes", kFactor),
                    .skew = take_number(b, "skew_1.01", {0, 1}),
                    .floor = take_seconds(b, "t0", kSeconds)};
  take_number(b, "skew_1.2", {0, 1});
  return curve;
}

CollectiveCurve read_collective(Binder& b) {
  return {.latency = take_seconds(b, "a0", kSeconds),
          .per_rank = take_seconds(b, "a1", kSeconds),
          .fill = take_seconds(b, "fill", kSeconds),
          .bandwidth = take_number(b, "b", kShare),
          .bandwidth_per_doubling = take_number(b, "b_per_doubling", {0.1, 2})};
}

// A part with its fit: `read` binds what is its own.
template <class Read>
auto fitted(Read read, OperatorCurves& family) {
  return [read, &family](Binder& b) {
    auto part = read(b);
    const double residual = read_fit(b);
    const std::string origin = take_text(b, "origin");
    if (family.origin.empty()) {  // the matrix products come first
      family.origin = origin;
      family.residual = residual;
    }
    return part;
  };
}

OperatorCurves read_family(Binder& b, const std::string& name) {
  OperatorCurves family;
  family.family = name;
  family.gemm = read_part(b, "gemm", fitted(read_gemm, family));
  const auto attention = [&](auto read) {
    return fitted(
        [&family, read](Binder& each) {
          read(each, family.attention);
          return 0;
        },
        family);
  };
  read_part(b, "context_attention", attention(read_prefill));
  read_part(b, "generation_attention", attention(read_decode));
  family.experts = read_part(b, "moe", fitted(read_experts, family));
  family.all_reduce = read_part(b, "all_reduce", fitted(read_collective, family));
  family.all_to_all = read_part(b, "alltoall", fitted(read_collective, family));
  read_part(b, "all_gather", fitted(read_collective, family));
  read_part(b, "reduce_scatter", fitted(read_collective, family));
  return family;
}

}  // namespace

Checked<std::vector<OperatorCurves>> read_operator_curves(const std::string& file,
                                                          std::string_view text) {
  const auto document = document::read_document(file, text);
  if (!document) return tl::unexpected(document.error());
  Errors errors;
  std::vector<OperatorCurves> curves;
  Binder b{*document, document->root, errors, "operator curves"};
  const Node* families = b.take("families", Need::kRequired);
  if (families != nullptr && !families->is(Node::Kind::kMapping)) {
    b.fail(*families, "'families' is not a mapping", "a family's name for each entry");
  } else if (families != nullptr) {
    for (const auto& entry : families->members) {
      Binder each{*document, entry.value, errors, "operators of a family"};
      curves.push_back(read_family(each, entry.key));
      each.finish();
    }
  }
  b.finish();
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return curves;
}

Checked<std::vector<OperatorCurves>> load_operator_curves() {
  const auto text = embedded_file(kFile);
  ASSAY_ASSERT(text.has_value());
  return read_operator_curves(std::string{kFile}, *text);
}

}  // namespace assay::catalog
