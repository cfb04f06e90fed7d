// efficiency.h — the share of a data sheet's peaks that software reaches, by accelerator family,
// link and engine. Constants are data (data/efficiency.yaml), each with origin and confidence; a
// family without measurement takes the widest interval and says so. Few constants, each with a
// physical meaning; none per row, model or source.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "catalog/fact.h"
#include "catalog/operator_curves.h"

namespace assay::catalog {

// What joins accelerators, as far as a collective sees a difference.
enum class LinkKind : unsigned char { kNone, kNvlink, kXgmi, kHccs, kPcie, kNetwork, kOther };
std::string_view name(LinkKind kind);  // "nvlink", "pcie", …, as in data/efficiency.yaml

struct FamilyEfficiency {
  std::string family;
  OperatorCurves operators;  // its own, or those of the family that `borrowed` names
  bool borrowed{};
  // What a running engine reaches of the operators' compute and memory shares: sustained clocks,
  // gaps between kernels, shapes that were not tuned. 1: as measured alone.
  double sustained_compute{1}, sustained_memory{1};
  double sustained_experts{1};  // of the rate of routed experts, on top
  Confidence confidence{};
  std::string origin;  // how it was obtained; shown by explain
  bool measured() const { return confidence == Confidence::kMeasured; }
};

struct LinkEfficiency {
  LinkKind kind{};
  CollectiveCurve all_reduce, all_to_all;  // measured on this kind of link, or borrowed
  bool own{};           // families whose operators were measured have their own curves on it
  Seconds wait;         // of one collective for the slowest rank, which no single operator shows
  double sustained{1};  // what a running engine reaches of the bandwidth
  Confidence confidence{};
  std::string origin;
};

// What an engine takes `memory_share` of before it gives the rest to the KV cache.
enum class MemoryRule : unsigned char {
  kTotal,   // of the memory; weights, activations and reserve come out of it (vLLM)
  kFree,    // of what weights, activations and reserve leave (TensorRT-LLM)
  kStatic,  // of the memory, for weights and cache; activations take the rest (SGLang)
};

struct EngineOverhead {
  std::string engine;         // "vllm"
  std::string since;          // engine generation, "0.11"
  Seconds per_layer;          // launches, norms, scheduling gaps, per decoder layer
  Seconds per_layer_prefill;  // the same where prompts are in the iteration: graphs seldom hold
  Seconds per_step;           // host work per iteration
  double matrix_kernels{1};   // speed of its matrix and prompt kernels, relative to vLLM's
  double memory_kernels{1};   // share of the bandwidth that its kernels reach, relative to vLLM's
  double expert_kernels{1};   // rate at which routed experts multiply, relative to vLLM's
  Seconds per_request;        // before the first token of a served request: network, tokens, queue
  // The measured kernels of data/operators.yaml are vLLM's. Other engines bring their own, which
  // read an 8-bit cache at the 16-bit share.
  bool own_kernels{};
  bool cache_read_per_head{};  // older kernels: heads of a group do not share what they read
  MemoryRule memory_rule{};
  double memory_share{};   // gpu_memory_utilization, kv_cache_free_gpu_mem_fraction, …
  Bytes reserve;           // contexts, graphs, workspaces
  double tokens_max{};     // of one iteration: longer prompts are cut; activations are sized for it
  double sequences_max{};  // that one replica runs at once
  // The same on what the engine takes for a small accelerator; 0: no difference. docs/models.md.
  double tokens_max_small{}, sequences_max_small{};
  bool chunked_prefill{};     // prompts are cut and run beside decoding; else they run first
  int block_tokens{16};       // of the KV cache
  bool prefix_caching{};      // as the engine comes: what is still cached is not computed again
  bool schedules_ahead{};     // an iteration is put together while the one before it runs
  double output_reserved{1};  // share of its output that a request must find free to be admitted
  Confidence confidence{};
  std::string origin;
};

// Half-widths on |log(measured/predicted)|, by regime.
struct IntervalWidth {
  std::string regime;                    // "tpot dense", "ttft moe", …
  double half_width{}, half_width_80{};  // of the 90 % and the 80 % interval
  int groups{};                          // (source, accelerator, model) groups behind it
  std::string origin;
};

struct EfficiencyTable {
  std::vector<FamilyEfficiency> families;
  std::vector<LinkEfficiency> links;
  std::vector<EngineOverhead> engines;
  std::vector<IntervalWidth> intervals;
  double unmeasured{};  // half-width that an unseen family or engine adds
  // Constants shared by all: see data/efficiency.yaml and docs/models.md for meaning and origin.
  double expert_spread{1};  // share of the tokens that choose experts as if alone; others follow
  double floor_share{};     // of an operator's floor that remains between others in a graph

  const FamilyEfficiency& family(std::string_view name) const;  // falls back to the entry "unknown"
  const LinkEfficiency& link(LinkKind kind) const;              // falls back to LinkKind::kOther
  const EngineOverhead& engine(std::string_view name) const;    // falls back to the entry "unknown"
  bool knows_engine(std::string_view name) const;
  // Of a metric ("tpot", "ttft", "throughput", "power", or "ratio" of two accelerators) in a mode
  // ("batch", "offline", "server"; empty: any of them), for dense models or mixtures of experts. A
  // mode with too few groups of its own has no entry and takes that of the metric. `measured`: the
  // family and the engine are in the fit; else the interval is wider by `unmeasured` and its regime
  // says so.
  IntervalWidth interval(std::string_view mode, std::string_view metric, bool moe,
                         bool measured) const;
  IntervalWidth interval(std::string_view metric, bool moe, bool measured) const {
    return interval("", metric, moe, measured);
  }
};

// "tpot dense", "server ttft moe": the name of a regime in data/efficiency.yaml.
std::string interval_regime(std::string_view mode, std::string_view metric, bool moe);

// Every share one and nothing between the operators: the plain roofline, which no run can beat.
EfficiencyTable speed_of_light();

// The built-in data/efficiency.yaml over data/operators.yaml.
Checked<EfficiencyTable> load_efficiency();

// A file of the same shape; `file` names it in messages. Its families name their operators.
Checked<EfficiencyTable> read_efficiency(const std::string& file, std::string_view text,
                                         const std::vector<OperatorCurves>& operators);

}  // namespace assay::catalog
