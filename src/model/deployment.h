// deployment.h — how one replica runs a model: over how many accelerators and along which axes, in
// which formats, on which engine, with or without speculation. Plain values.
// tensor·data·pipeline accelerators make a replica; attention is cut over `tensor` of them, each of
// `data` ranks has its own sequences, and routed experts lie on all tensor·data: whole ones on
// `expert` ranks, each cut over the rest.
#pragma once

#include <string>

#include "catalog/format.h"

namespace assay::model {

// Drafts are checked by the model in one iteration: it yields the accepted ones and one more.
struct Speculation {
  int draft_tokens{};   // a sequence and iteration; 0: none
  double acceptance{};  // probability that a draft is right, given that those before it are
  double draft_cost{};  // time of one draft, in iterations of the model at the same batch
};

struct Deployment {
  int tensor{1};    // accelerators that share each attention layer
  int data{1};      // attention-data-parallel ranks: own sequences, common experts
  int expert{1};    // ranks that routed experts are dealt to; divides tensor·data
  int pipeline{1};  // stages of consecutive layers
  catalog::Format weights{catalog::Format::kBf16};
  catalog::Format activations{catalog::Format::kBf16};  // format the matrices multiply in
  catalog::Format kv_cache{catalog::Format::kBf16};
  std::string engine{"vllm"};
  Speculation speculation{};

  int stage_accelerators() const { return tensor * data; }
  int accelerators() const { return tensor * data * pipeline; }
};

// Tokens that one iteration yields for a sequence: 1 + a + a² + … over the drafts (Leviathan,
// Kalman, Matias, ICML 2023, equation 1).
double tokens_per_iteration(const Speculation& speculation);

// "tp8", "tp2 pp4", "tp1 dp8 ep8".
std::string layout_text(const Deployment& deployment);

}  // namespace assay::model
