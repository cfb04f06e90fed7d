#include "model/runnable.h"

#include <optional>

#include <fmt/format.h>

namespace assay::model {

namespace {

using catalog::Format;

// Heads, and KV heads (0: a latent cache), of a mixer that divides over accelerators.
struct Heads {
  int heads{}, kv_heads{};
};

std::optional<Heads> heads_of(const catalog::Mixer& mixer) {
  if (const auto* a = std::get_if<catalog::GroupedQueryAttention>(&mixer))
    return Heads{a->heads, a->kv_heads};
  if (const auto* a = std::get_if<catalog::LatentAttention>(&mixer)) return Heads{a->heads, 0};
  return std::nullopt;
}

bool sixteen_bit(Format format) { return format == Format::kBf16 || format == Format::kFp16; }

Error refusal(std::string what, std::string expected) {
  return {.kind = Error::Kind::kInfeasible,
          .what = std::move(what),
          .expected = std::move(expected),
          .near = {},
          .where = {}};
}

// The fast link and the network reach, the layers and experts can be dealt out.
Result<bool> layout_exists(const catalog::LanguageModel& model, const Hardware& hardware,
                           const Deployment& d) {
  const int ranks = d.stage_accelerators();
  if (d.tensor < 1 || d.data < 1 || d.expert < 1 || d.pipeline < 1) {
    return tl::unexpected(refusal("a layout of " + layout_text(d), "at least one of each rank"));
  }
  if (ranks > hardware.link.domain && !hardware.link.beyond_one_way) {
    return tl::unexpected(refusal(
        fmt::format(
            "{} on {}, where {} accelerators share a fast link and the network between "
            "them is unknown",
            ranks == d.tensor ? fmt::format("tensor parallelism {}", d.tensor) : layout_text(d),
            hardware.system.empty() ? hardware.accelerator : hardware.system, hardware.link.domain),
        fmt::format("1 to {}", hardware.link.domain)));
  }
  if (d.pipeline > model.layers()) {
    return tl::unexpected(
        refusal(fmt::format("{} stages for {} layers of {}", d.pipeline, model.layers(), model.id),
                "at most one stage a layer"));
  }
  if (ranks % d.expert != 0) {
    return tl::unexpected(refusal(fmt::format("experts on {} of {} ranks", d.expert, ranks),
                                  "a divisor of tensor times data parallel ranks"));
  }
  return true;
}

}  // namespace

Result<bool> runnable(const catalog::LanguageModel& model, const Hardware& hardware,
                      const Deployment& deployment) {
  const int tensor = deployment.tensor;
  if (auto ok = layout_exists(model, hardware, deployment); !ok) return ok;
  if (!hardware.matrix_peak(Format::kBf16)) {
    return tl::unexpected(refusal(hardware.accelerator + ": its 16-bit matrix rate is unknown",
                                  "a dense bf16 or fp16 peak in the catalog"));
  }
  for (const catalog::Block& block : model.blocks) {
    const auto heads = heads_of(block.mixer);
    if (heads && heads->heads % tensor != 0) {
      return tl::unexpected(
          refusal(fmt::format("{} heads of {} do not divide by tensor parallelism {}", heads->heads,
                              model.id, tensor),
                  "a divisor of the number of heads"));
    }
    if (heads && heads->kv_heads > 0 && tensor % heads->kv_heads != 0 &&
        heads->kv_heads % tensor != 0) {
      return tl::unexpected(refusal(
          fmt::format("{} KV heads of {} neither divide by tensor parallelism {} nor divide it",
                      heads->kv_heads, model.id, tensor),
          "a divisor or a multiple of the number of KV heads"));
    }
  }
  return true;
}

bool as_published(const catalog::LanguageModel& model, const Deployment& deployment) {
  return model.quantisation && model.quantisation->weights == deployment.weights;
}

std::vector<std::string> deployment_notes(const catalog::LanguageModel& model,
                                          const Hardware& hardware, const Deployment& deployment) {
  std::vector<std::string> notes;
  const auto can = hardware.matrix_peak(deployment.activations);
  if (!can || (sixteen_bit(deployment.activations) && !sixteen_bit(deployment.weights) &&
               deployment.weights != Format::kFp32)) {
    notes.push_back(
        fmt::format("{} weights are dequantised and multiply at the 16-bit rate{}: they save "
                    "memory, not operations",
                    catalog::name(deployment.weights),
                    can ? ""
                        : fmt::format(" ({} has no known {} rate)", hardware.accelerator,
                                      catalog::name(deployment.activations))));
  }
  for (const catalog::Block& block : model.blocks) {
    const auto heads = heads_of(block.mixer);
    if (!heads || heads->kv_heads >= deployment.tensor) continue;
    notes.push_back(
        heads->kv_heads > 0
            ? fmt::format("{} KV heads on {} accelerators: each cached token is held {} times",
                          heads->kv_heads, deployment.tensor, deployment.tensor / heads->kv_heads)
            : fmt::format("the latent KV cache is held whole by each of {} accelerators",
                          deployment.tensor));
    break;
  }
  return notes;
}

}  // namespace assay::model
