#include "present/training_launch.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/assert.h"

namespace assay::present {
namespace {

using catalog::Block;
using model::Recompute;
using model::Sharding;
using model::TrainingFormat;
using model::TrainingLayout;

// Groups of flags, one line each, and what they cannot say.
struct Flags {
  std::vector<std::string> lines;
  std::vector<std::string> notes;

  void add(std::string line) { lines.push_back(std::move(line)); }
  void note(std::string text) { notes.push_back("# " + std::move(text)); }
};

void add_attention(Flags& flags, const Block& block) {
  if (const auto* a = std::get_if<catalog::GroupedQueryAttention>(&block.mixer)) {
    std::string line = fmt::format("--num-attention-heads {}", a->heads);
    if (a->kv_heads != a->heads) {
      line += fmt::format(" --group-query-attention --num-query-groups {}", a->kv_heads);
    }
    line += fmt::format(" --kv-channels {}", a->head_dim);
    if (a->qk_norm) line += " --qk-layernorm";
    if (a->bias_qkv) line += " --add-qkv-bias";
    flags.add(std::move(line));
  } else if (const auto* l = std::get_if<catalog::LatentAttention>(&block.mixer)) {
    std::string line = fmt::format("--num-attention-heads {} --multi-latent-attention", l->heads);
    if (l->q_lora_rank > 0) line += fmt::format(" --q-lora-rank {}", l->q_lora_rank);
    flags.add(std::move(line));
    flags.add(
        fmt::format("--kv-lora-rank {} --qk-head-dim {} --qk-pos-emb-head-dim {} --v-head-dim {}",
                    l->kv_lora_rank, l->qk_nope_dim, l->qk_rope_dim, l->v_head_dim));
  } else {
    flags.note("layers without softmax attention: pretrain_gpt.py has no flags for them");
  }
}

// Megatron-LM takes the layers with experts as a Python list; dense layers come first in all
// published models of that kind.
void add_experts(Flags& flags, const catalog::LanguageModel& model) {
  const catalog::MoeFfn* experts = nullptr;
  int dense = 0, sparse = 0;
  for (const Block& block : model.blocks) {
    if (const auto* moe = std::get_if<catalog::MoeFfn>(&block.ffn)) {
      experts = moe;
      sparse += block.count;
    } else {
      dense += block.count;
    }
  }
  if (experts == nullptr) return;
  flags.add(fmt::format("--num-experts {} --moe-router-topk {} --moe-ffn-hidden-size {}",
                        experts->experts, experts->experts_per_token,
                        experts->expert_intermediate));
  std::string line = "--moe-grouped-gemm --moe-token-dispatcher-type alltoall";
  if (experts->shared_intermediate > 0) {
    line += fmt::format(" --moe-shared-expert-intermediate-size {}", experts->shared_intermediate);
  }
  flags.add(std::move(line));
  if (dense > 0) {
    flags.add(fmt::format("--moe-layer-freq '([0]*{}+[1]*{})'", dense, sparse));
    flags.note("--moe-layer-freq: with the layers without experts first; check it of this model");
  }
}

void add_shape(Flags& flags, const catalog::LanguageModel& model) {
  const Block& widest =
      *std::max_element(model.blocks.begin(), model.blocks.end(),
                        [](const Block& a, const Block& b) { return a.count < b.count; });
  flags.add(fmt::format("--num-layers {} --hidden-size {}", model.layers(), model.hidden));
  add_attention(flags, widest);
  int intermediate = 0;
  bool gated = false;
  for (const Block& block : model.blocks) {
    if (const auto* f = std::get_if<catalog::DenseFfn>(&block.ffn)) {
      intermediate = f->intermediate;
      gated = gated || f->gated;
    } else if (const auto* m = std::get_if<catalog::MoeFfn>(&block.ffn)) {
      if (intermediate == 0) intermediate = m->expert_intermediate;
      gated = gated || m->gated;
    }
  }
  flags.add(fmt::format("--ffn-hidden-size {}{}", intermediate, gated ? " --swiglu" : ""));
  add_experts(flags, model);
  std::string rest = model.norm_bias ? "--normalization LayerNorm"
                                     : "--normalization RMSNorm --disable-bias-linear";
  flags.add(std::move(rest));
  rest = model.learned_positions > 0 ? "--position-embedding-type learned_absolute"
                                     : "--position-embedding-type rope";
  if (!model.tied_embeddings) rest += " --untie-embeddings-and-output-weights";
  flags.add(std::move(rest));
}

void add_pipeline(Flags& flags, const catalog::LanguageModel& model, const TrainingLayout& l) {
  const int chunks = l.pipeline * l.virtual_stages;
  if (l.virtual_stages > 1 && model.layers() % chunks == 0) {
    flags.add(fmt::format("--num-layers-per-virtual-pipeline-stage {}", model.layers() / chunks));
  } else if (l.virtual_stages > 1) {
    flags.add(fmt::format("--num-virtual-stages-per-pipeline-rank {}", l.virtual_stages));
  }
  if (l.pipeline > 1 && model.layers() % chunks != 0 && (model.layers() + 2) % chunks == 0) {
    flags.add("--account-for-embedding-in-pipeline-split --account-for-loss-in-pipeline-split");
  } else if (l.pipeline > 1 && model.layers() % chunks != 0) {
    flags.note(fmt::format("{} layers do not divide evenly: set --pipeline-model-parallel-layout",
                           model.layers()));
  }
  if (l.schedule != model::Schedule::kOneForwardOneBackward) {
    flags.note(fmt::format("schedule {}: pretrain_gpt.py has only 1f1b", name(l.schedule)));
  }
}

void add_degrees(Flags& flags, const catalog::LanguageModel& model, const TrainingLayout& l) {
  flags.add(fmt::format("--tensor-model-parallel-size {} --pipeline-model-parallel-size {}",
                        l.tensor, l.pipeline));
  add_pipeline(flags, model, l);
  if (l.context > 1) {
    flags.add(fmt::format("--context-parallel-size {} --cp-comm-type {}", l.context,
                          l.context_comm == model::ContextComm::kRing ? "p2p" : "a2a"));
  }
  if (catalog::is_mixture_of_experts(model)) {
    flags.add(fmt::format("--expert-model-parallel-size {} --expert-tensor-parallel-size {}",
                          l.expert, l.expert_tensor));
  }
  if (l.sequence_parallel) flags.add("--sequence-parallel");
}

void add_sharding(Flags& flags, const TrainingLayout& l) {
  switch (l.sharding) {
    case Sharding::kNone:
      break;
    case Sharding::kOptimizer:
      flags.add("--use-distributed-optimizer --overlap-grad-reduce --overlap-param-gather");
      break;
    case Sharding::kGradients:
    case Sharding::kWeights:
      flags.add("--use-distributed-optimizer --use-megatron-fsdp --ckpt-format fsdp_dtensor");
      flags.add(
          fmt::format("--data-parallel-sharding-strategy {} --no-gradient-accumulation-fusion",
                      l.sharding == Sharding::kGradients ? "optim_grads" : "optim_grads_params"));
      break;
  }
  if (l.pipeline > 1 && (l.sharding == Sharding::kGradients || l.sharding == Sharding::kWeights)) {
    flags.note("Megatron-FSDP beside a pipeline: see whether your version runs it");
  }
  if (l.sharding != Sharding::kNone && l.shard_ranks > 0) {
    flags.add(fmt::format("--num-distributed-optimizer-instances {}",
                          std::max(1, l.data * l.context / l.shard_ranks)));
  }
}

void add_memory(Flags& flags, const TrainingLayout& l) {
  if (l.recompute == Recompute::kSelective) {
    flags.add("--recompute-granularity selective");
  } else if (l.recompute == Recompute::kFull && l.recompute_layers > 0) {
    flags.add(fmt::format(
        "--recompute-granularity full --recompute-method block --recompute-num-layers {}",
        l.recompute_layers));
  } else if (l.recompute == Recompute::kFull) {
    flags.add("--recompute-granularity full --recompute-method uniform --recompute-num-layers 1");
  }
  if (l.offload_optimizer) {
    flags.add("--optimizer-cpu-offload --use-precision-aware-optimizer");
  }
  if (l.offload_weights || l.offload_activations) {
    flags.note("weights or activations on the host: pretrain_gpt.py offloads only the optimizer");
  }
}

void add_precision(Flags& flags, TrainingFormat format) {
  switch (format) {
    case TrainingFormat::kSixteen:
      flags.add("--bf16");
      break;
    case TrainingFormat::kFp8:
      flags.add("--bf16 --fp8-format hybrid --fp8-recipe tensorwise");
      break;
    case TrainingFormat::kFp8Row:
      flags.add("--bf16 --fp8-format hybrid");
      flags.note("scales of rows: pretrain_gpt.py has no such recipe; choose --fp8-recipe");
      break;
    case TrainingFormat::kFp8Block:
      flags.add("--bf16 --fp8-format e4m3 --fp8-recipe blockwise");
      break;
    case TrainingFormat::kMxfp8:
      flags.add("--bf16 --fp8-format e4m3 --fp8-recipe mxfp8");
      break;
    case TrainingFormat::kNvfp4:
      flags.add("--bf16 --fp4-format e2m1 --fp4-recipe nvfp4");
      break;
  }
}

void add_job(Flags& flags, const LaunchQuestion& question) {
  const model::TrainingJob& job = question.job;
  flags.add(fmt::format("--seq-length {} --max-position-embeddings {}", job.sequence,
                        std::max(job.sequence, question.model.learned_positions)));
  flags.add(fmt::format("--micro-batch-size {} --global-batch-size {}", question.layout.micro_batch,
                        job.batch));
  if (question.tokens > 0) {
    flags.add(fmt::format("--train-samples {:.0f}", std::ceil(question.tokens / job.sequence)));
  } else {
    flags.note("--train-samples or --train-iters: not said");
  }
  add_precision(flags, job.format);
  if (job.lora_rank > 0) flags.note("adapters: pretrain_gpt.py trains every weight");
  flags.note("learning rate, warm-up and --rotary-base: not said here");
}

// Ranks of a node, and nodes.
std::string launcher(const LaunchQuestion& question) {
  const int ranks = question.layout.accelerators();
  const int per_node = std::min(ranks, std::max(1, question.per_node));
  const int nodes = (ranks + per_node - 1) / per_node;
  return fmt::format(
      "torchrun --nnodes {} --nproc-per-node {} \\\n"
      "  --rdzv-backend c10d --rdzv-endpoint \"$MASTER_ADDR:29500\" "
      "--rdzv-id \"$JOB_ID\" \\\n",
      nodes, per_node);
}

}  // namespace

std::string training_launch(const LaunchQuestion& question, Launcher how) {
  ASSAY_ASSERT(how != Launcher::kNone && !question.model.blocks.empty());
  const int ranks = question.layout.accelerators();
  std::string out;
  if (ranks > question.per_node && question.per_node > 0 && ranks % question.per_node != 0) {
    out += fmt::format("# {} ranks do not fill nodes of {}: the last node has fewer\n", ranks,
                       question.per_node);
  }
  if (how == Launcher::kTorchrun) {
    return out + launcher(question) + "  \"$SCRIPT\" \"$@\"  # " + to_text(question.layout) + "\n";
  }
  Flags flags;
  add_degrees(flags, question.model, question.layout);
  add_sharding(flags, question.layout);
  add_memory(flags, question.layout);
  add_job(flags, question);
  flags.add("--transformer-impl transformer_engine");
  add_shape(flags, question.model);
  flags.add(fmt::format("--vocab-size {} --tokenizer-type HuggingFaceTokenizer",
                        question.model.vocabulary));
  flags.add("--tokenizer-model \"$TOKENIZER\" --data-path \"$DATA\"");
  flags.add("--save \"$CHECKPOINTS\" --load \"$CHECKPOINTS\"");
  for (const std::string& note : flags.notes) out += note + "\n";
  out += launcher(question) + "  pretrain_gpt.py";
  for (const std::string& line : flags.lines) out += " \\\n  " + line;
  return out + "\n";
}

}  // namespace assay::present
