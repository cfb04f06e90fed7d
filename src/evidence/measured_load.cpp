#include "evidence/measured_load.h"

#include <algorithm>
#include <cmath>

namespace assay::evidence {

namespace {

using simulate::ServingLoad;

// Where a row offers everything at once and does not say how much: `vllm bench serve` and
// TensorRT-LLM's tables of that kind send a thousand requests.
constexpr double kRequestsAtOnce = 1000;

void server_load(const Measurement& m, const ResolvedMeasurement& r, ServingLoad& load) {
  using Kind = simulate::LoadKind;
  if (m.load_kind == LoadKind::kCount || m.load_kind == LoadKind::kPerAccelerator) {
    load.kind = Kind::kConcurrency;
    if (load.requests > 0) load.amount = std::min(load.amount, static_cast<double>(load.requests));
  } else if (m.load_kind == LoadKind::kAtOnce) {
    load.kind = Kind::kAtOnce;
    if (load.amount <= 0) load.amount = m.requests.value_or(kRequestsAtOnce);
  } else if (r.limits) {
    // A benchmark whose rate was raised until its limits were met: so is ours, whatever the row
    // says it was.
    load.kind = Kind::kCapacity;
    load.tpot = r.limits->tpot;
    load.ttft = r.limits->ttft;
    if (r.limits->total) load.tpot = *r.limits->total / std::max(load.output_tokens, 1.0);
  } else if (m.load_kind == LoadKind::kRate || m.requests_per_s) {
    load.kind = Kind::kRate;
    if (m.load_kind != LoadKind::kRate) load.amount = *m.requests_per_s;
  } else {
    load.kind = Kind::kCapacity;
  }
}

}  // namespace

ServingLoad measured_load(const Measurement& m, const ResolvedMeasurement& r) {
  using Kind = simulate::LoadKind;
  ServingLoad load;
  load.input_tokens = r.input_tokens.value_or(0);
  load.output_tokens = r.output_tokens.value_or(1);
  load.length_spread = r.length_spread;
  load.amount = m.load_kind == LoadKind::kPerAccelerator ? m.load * r.accelerators : m.load;
  load.requests = std::llround(m.requests.value_or(r.requests_per_place * load.amount));
  load.batch_limit = m.sequences_max.value_or(0);
  load.beams = r.beams;
  load.known_to_fit = true;
  load.tokens_max = m.iteration_tokens_max.value_or(0);
  switch (m.scenario) {
    case Scenario::kFixedBatch:
      load.kind = Kind::kFixedBatch;
      break;
    case Scenario::kSingleStream:
      load.kind = Kind::kFixedBatch;
      load.amount = 1;
      break;
    case Scenario::kPrefillOnly:
      load.kind = Kind::kFixedBatch;
      load.output_tokens = 1;
      if (m.load_kind == LoadKind::kTokensPerAccelerator && load.input_tokens > 0) {
        load.amount = m.load * r.accelerators / load.input_tokens;
      }
      if (load.amount <= 0) load.amount = 1;
      break;
    case Scenario::kDecodeOnly:
      load.kind = Kind::kDecode;
      if (m.context_tokens) {
        load.input_tokens = *m.context_tokens;
        load.output_tokens = 1;
      }
      break;
    case Scenario::kOffline:
      load.kind = load.amount > 0 ? Kind::kAtOnce : Kind::kOffline;
      break;
    case Scenario::kServer:
      server_load(m, r, load);
      break;
  }
  return load;
}

std::optional<std::string> unmodelled(const Measurement& m, const ResolvedMeasurement& r) {
  if (m.load_kind == LoadKind::kTrace) return "requests of a trace that the row does not hold";
  if (m.speculative && m.draft_tokens == 0) return "speculation with an unstated draft";
  const bool decodes =  // from an empty cache, if nothing else is said
      m.scenario == Scenario::kDecodeOnly || m.scenario == Scenario::kSingleStream;
  if (!r.input_tokens && !decodes) return "no input length";
  return std::nullopt;
}

}  // namespace assay::evidence
