// model_test_support.h — hand-made hardware and models, so that tests of this room need no catalog.
// Figures are those of public data sheets and configurations, rounded; tests state what follows
// from them.
#pragma once

#include "base/quantity.h"
#include "catalog/efficiency.h"
#include "catalog/language_model.h"
#include "model/hardware.h"
#include "model/inference_step.h"

namespace assay::model::test {

using namespace assay::literals;

inline catalog::LanguageModel dense_model(int hidden, int layers, int heads, int kv_heads,
                                          int intermediate, int vocabulary) {
  catalog::LanguageModel model;
  model.id = "dense";
  model.hidden = hidden;
  model.vocabulary = vocabulary;
  model.context_max = 131072;
  catalog::GroupedQueryAttention attention;
  attention.heads = heads;
  attention.kv_heads = kv_heads;
  attention.head_dim = attention.value_head_dim = 128;
  catalog::Block block;
  block.mixer = attention;
  block.ffn = catalog::DenseFfn{.intermediate = intermediate, .gated = true};
  block.count = layers;
  model.blocks = {block};
  return model;
}

inline catalog::LanguageModel llama_70b() { return dense_model(8192, 80, 64, 8, 28672, 128256); }
inline catalog::LanguageModel llama_8b() { return dense_model(4096, 32, 32, 8, 14336, 128256); }

// Mixtral-8x7B: two of eight experts.
inline catalog::LanguageModel mixtral() {
  catalog::LanguageModel model = dense_model(4096, 32, 32, 8, 14336, 32000);
  catalog::MoeFfn moe;
  moe.experts = 8;
  moe.experts_per_token = 2;
  moe.expert_intermediate = 14336;
  moe.gated = true;
  model.blocks[0].ffn = moe;
  return model;
}

// DeepSeek-V3: latent attention, three dense layers, 58 with 256 experts and a shared one.
inline catalog::LanguageModel deepseek_v3() {
  catalog::LanguageModel model = dense_model(7168, 3, 128, 128, 18432, 129280);
  catalog::LatentAttention attention;
  attention.heads = 128;
  attention.q_lora_rank = 1536;
  attention.kv_lora_rank = 512;
  attention.qk_nope_dim = 128;
  attention.qk_rope_dim = 64;
  attention.v_head_dim = 128;
  model.blocks[0].mixer = attention;
  catalog::MoeFfn moe;
  moe.experts = 256;
  moe.experts_per_token = 8;
  moe.expert_intermediate = moe.shared_intermediate = 2048;
  moe.gated = true;
  catalog::Block sparse;
  sparse.mixer = attention;
  sparse.ffn = moe;
  sparse.count = 58;
  model.blocks.push_back(sparse);
  return model;
}

inline void set_peak(Hardware& hardware, catalog::Peak peak, FlopsPerSecond rate) {
  hardware.peaks[static_cast<std::size_t>(peak)] = rate;
}

// Eight H100 SXM on NVLink switches.
inline Hardware hgx_h100() {
  Hardware hardware;
  hardware.accelerator = "h100";
  hardware.system = "hgx-h100";
  hardware.family = "hopper";
  hardware.memory_usable = 80.0_GiB;
  hardware.memory_bandwidth = 3.35_TBps;
  set_peak(hardware, catalog::Peak::kBf16, 989.0_TFLOPs);
  set_peak(hardware, catalog::Peak::kFp8, 1979.0_TFLOPs);
  hardware.compute_units = 132;
  hardware.power = 700.0_W;
  hardware.link = {.kind = LinkKind::kNvlink,
                   .topology = Topology::kSwitch,
                   .domain = 8,
                   .one_way = 450.0_GBps,
                   .pair_one_way = {}};
  return hardware;
}

// Eight A100 SXM 80 GB: no fp8.
inline Hardware hgx_a100() {
  Hardware hardware = hgx_h100();
  hardware.accelerator = "a100";
  hardware.system = "hgx-a100";
  hardware.family = "ampere";
  hardware.memory_bandwidth = 2.039_TBps;
  hardware.peaks = {};
  set_peak(hardware, catalog::Peak::kBf16, 312.0_TFLOPs);
  hardware.compute_units = 108;
  hardware.power = 400.0_W;
  hardware.link.one_way = 300.0_GBps;
  return hardware;
}

// The plain roofline, with a memory for as many sequences as the tests are about.
inline catalog::EfficiencyTable ideal() {
  catalog::EfficiencyTable table = catalog::speed_of_light();
  return table;
}

inline Deployment deployment(int tensor, catalog::Format format) {
  return {.tensor = tensor,
          .weights = format,
          .activations = format,
          .kv_cache = catalog::Format::kBf16,
          .engine = "vllm"};
}

}  // namespace assay::model::test
