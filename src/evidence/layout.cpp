#include "evidence/layout.h"

#include <algorithm>

namespace assay::evidence {

namespace {

using model::Deployment;

// SGLang counts attention ranks within its tensor-parallel ones: `--tp 8 --dp 8` are 8 ranks.
// (SGLang, server arguments: the attention tensor-parallel size is tp divided by dp.)
bool within_tensor_ranks(const Deployment& d, int data, int accelerators) {
  return d.tensor % data == 0 && d.tensor * d.pipeline == accelerators;
}

// Attention ranks that share experts. Everything else that is called data-parallel is a replica.
void lay_out_attention(const Measurement& m, int accelerators, Deployment& d) {
  const int data = m.data.value_or(1);
  if (data > 1 && (m.attention_data_parallel || m.expert.value_or(1) > 1)) {
    d.data = data;
    if (within_tensor_ranks(d, data, accelerators)) d.tensor /= data;
  } else if (data == 1 && m.attention_over_tensor_ranks) {
    d.data = d.tensor;
    d.tensor = 1;
  }
}

}  // namespace

std::optional<int> accelerator_count(const Measurement& m) {
  if (m.accelerators) return m.accelerators;
  if (m.prefill_workers && m.decode_workers) {
    const Workers &p = *m.prefill_workers, &d = *m.decode_workers;
    return p.count * p.tensor * p.data + d.count * d.tensor * d.data;
  }
  if (m.tensor) {
    const int data = m.attention_data_parallel && *m.tensor % m.data.value_or(1) == 0
                         ? 1  // within the tensor-parallel ranks
                         : m.data.value_or(1);
    return *m.tensor * m.pipeline.value_or(1) * data;
  }
  if (m.single_device) return 1;
  return std::nullopt;
}

std::optional<Pool> stated_layout(const Measurement& m, int accelerators, const Deployment& base,
                                  bool experts) {
  if (m.prefill_workers || m.decode_workers) return std::nullopt;
  if (!m.tensor && accelerators > 1) return std::nullopt;
  Deployment d = base;
  d.tensor = m.tensor.value_or(1);
  d.pipeline = m.pipeline.value_or(1);
  if (experts) {
    lay_out_attention(m, accelerators, d);
    const int ranks = d.stage_accelerators();
    d.expert = m.experts_dealt_out ? ranks : std::min(m.expert.value_or(1), ranks);
  }
  return Pool{.replicas = static_cast<double>(accelerators) / d.accelerators(), .deployment = d};
}

Pool worker_pool(const Workers& workers, const Deployment& base, bool experts) {
  Pool pool{.replicas = static_cast<double>(workers.count), .deployment = base};
  pool.deployment.tensor = workers.tensor;
  if (experts) {
    pool.deployment.data = workers.data;
    pool.deployment.expert = std::min(workers.expert, pool.deployment.stage_accelerators());
  } else {
    pool.replicas *= workers.data;
  }
  return pool;
}

}  // namespace assay::evidence
