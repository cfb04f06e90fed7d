// engine_limits.h — what an inference engine allows in one iteration and at once, in its own terms.
// Defaults of each engine: data/efficiency.yaml. How they act: docs/models.md, "Serving,
// simulated". Plain values.
#pragma once

#include <cstdint>

namespace assay::simulate {

enum class Batching : unsigned char {
  kChunked,       // prompts are cut and run beside decoding (vLLM, TensorRT-LLM)
  kPromptsFirst,  // whole prompts run before decoding goes on (SGLang, vLLM without chunks)
  kStatic,        // a batch starts together, and the next one when its last request has ended
};

struct EngineLimits {
  Batching batching{};
  std::int32_t tokens_max{};     // of one iteration (max_num_batched_tokens)
  std::int32_t sequences_max{};  // running at once (max_num_seqs), over all data-parallel ranks
  std::int64_t kv_blocks{};      // that the KV cache of the replica holds
  std::int32_t block_tokens{16};
  bool prefix_caching{};   // blocks that are still there are not computed again
  bool schedules_ahead{};  // an iteration is put together while the one before it runs
  bool by_priority{};      // waiting and preemption by priority, then by age; else by age alone
  // Share of a request's output that must find room before it is admitted: 1 never preempts; less
  // admits more, and preempts the youngest when the cache is full.
  double output_reserved{};
  std::int32_t draft_tokens{};     // speculation: drafts of a sequence and iteration
  double tokens_per_iteration{1};  // that a decoding sequence gains; more than 1 with speculation
};

}  // namespace assay::simulate
