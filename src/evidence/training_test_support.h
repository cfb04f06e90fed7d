// training_test_support.h — training rows for tests, as somebody would state them.
// Resolved against the built-in catalog; a row that does not resolve fails its test.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "evidence/training_predict.h"

namespace assay::evidence {

// Llama 3 8B on eight H100, a row that states all that matters.
inline TrainingMeasurement small_run(std::string id, double value) {
  TrainingMeasurement m;
  m.id = std::move(id);
  m.source = "lab";
  m.accelerator = "h100-sxm-80g";
  m.framework = "NeMo 25.04";
  m.model = "llama3-8b";
  m.precision = "bf16";
  m.accelerators = 8;
  m.sequence = 8192;
  m.batch = 128;
  m.micro_batch = 1;
  m.tensor = m.pipeline = m.context = 1;
  m.metric = TrainingMetric::kTokensPerSecond;
  m.value = value;
  return m;
}

inline std::vector<TrainingCase> resolved(const std::vector<TrainingMeasurement>& rows) {
  const auto catalog = catalog::load_catalog({}).value();
  auto cases = resolve_training(rows, catalog).value();
  for (const TrainingCase& c : cases) EXPECT_TRUE(c.has_value()) << c.error().why;
  return cases;
}

}  // namespace assay::evidence
