// An iteration that only decodes, as a line in the context: against StepModel::time().
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/model_test_support.h"
#include "model/step_model.h"

namespace assay::model {
namespace {

using catalog::Format;
using namespace test;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double time(const StepModel& model, double sequences, double context) {
  return model.time({.decode_sequences = sequences, .decode_context = context}).base();
}

// Every other layer sees a window only.
catalog::LanguageModel windowed(int window) {
  catalog::LanguageModel model = llama_8b();
  catalog::Block& full = model.blocks.front();
  full.count /= 2;
  catalog::Block local = full;
  std::get<catalog::GroupedQueryAttention>(local.mixer).window = window;
  model.blocks.push_back(local);
  return model;
}

catalog::LanguageModel sparse() {
  catalog::LanguageModel model = deepseek_v3();
  for (catalog::Block& block : model.blocks) {
    auto& attention = std::get<catalog::LatentAttention>(block.mixer);
    attention.indexer_heads = 64;
    attention.indexer_dim = 128;
    attention.indexer_tokens = 2048;
  }
  return model;
}

catalog::LanguageModel any_model() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return llama_8b();
    case 1:
      return mixtral();
    case 2:
      return deepseek_v3();
    case 3:
      return windowed(128);
    case 4:
      return windowed(*rc::gen::inRange(1, 8192));
    default:
      return sparse();
  }
}

struct Layout {
  int tensor{}, data{}, pipeline{};
};

Deployment any_deployment() {
  const auto layout =
      *rc::gen::elementOf(std::vector<Layout>{{.tensor = 1, .data = 1, .pipeline = 1},
                                              {.tensor = 4, .data = 1, .pipeline = 1},
                                              {.tensor = 2, .data = 2, .pipeline = 1},
                                              {.tensor = 1, .data = 3, .pipeline = 2},
                                              {.tensor = 1, .data = 1, .pipeline = 2},
                                              {.tensor = 2, .data = 1, .pipeline = 3},
                                              {.tensor = 4, .data = 2, .pipeline = 1}});
  Deployment d = deployment(layout.tensor, *rc::gen::element(Format::kBf16, Format::kFp8));
  d.data = layout.data;
  d.pipeline = layout.pipeline;
  d.expert = *rc::gen::element(1, d.stage_accelerators());
  d.speculation = {.draft_tokens = *rc::gen::element(0, 0, 1, 3), .acceptance = 0.5};
  d.speculation.draft_cost = *rc::gen::element(0.0, 0.05, 0.4);
  d.kv_cache = *rc::gen::element(Format::kBf16, Format::kFp8);
  return d;
}

StepModel any_step() {
  static const catalog::EfficiencyTable kIdeal = ideal();
  static const catalog::EfficiencyTable kBuiltIn = catalog::load_efficiency().value();
  return {any_model(), *rc::gen::element(hgx_h100(), hgx_a100()), any_deployment(),
          **rc::gen::element(&kIdeal, &kBuiltIn, &kBuiltIn)};
}

double any_sequences() { return *rc::gen::inRange(1, 513) - *rc::gen::element(0.0, 0.0, 0.5); }

double any_context() {
  const int most = *rc::gen::element(200, 5000, 200'000);
  return *rc::gen::inRange(1, most + 1) + *rc::gen::element(0.0, 0.25);
}

bool agrees(const StepModel& model, double sequences, const DecodeTime& line, double context) {
  const double exact = time(model, sequences, context);
  const double on_line = line.seconds + line.per_token * (context - line.at);
  return std::abs(on_line - exact) <= 1e-12 * exact;
}

RC_GTEST_PROP(DecodeTime, AgreesWithTheTimeUpToItsEnd, ()) {
  const StepModel model = any_step();
  const double sequences = any_sequences(), context = any_context();
  const DecodeTime line = model.decode_time(sequences, context);
  RC_ASSERT(line.seconds == time(model, sequences, context));
  RC_ASSERT(line.at == context && line.until > context && line.per_token >= 0);
  const double end = std::min(line.until, 2'000'000.0);
  for (const double part : {1e-6, 0.001, 0.1, 0.5, 0.9, 0.999, 1.0})
    RC_ASSERT(agrees(model, sequences, line, context + part * (end - context)));
}

// From line to line: each with another slope, and few of them, so that a walk comes to its end.
RC_GTEST_PROP(DecodeTime, ChangesItsSlopeAtItsEnd, ()) {
  const StepModel model = any_step();
  const double sequences = any_sequences();
  DecodeTime line = model.decode_time(sequences, 0);
  int lines = 1;
  for (; line.until < kInfinity; ++lines) {
    const DecodeTime next = model.decode_time(sequences, line.until);
    RC_ASSERT(agrees(model, sequences, line, line.until));
    RC_ASSERT(next.per_token != line.per_token);
    const double beyond = std::min(next.until, 1.5 * line.until);
    RC_ASSERT(agrees(model, sequences, next, beyond));
    RC_ASSERT(!agrees(model, sequences, line, beyond));
    line = next;
  }
  RC_ASSERT(lines < 12);
}

// A caller's end of a line may be off by rounding: it finds the kink behind it or just before it.
RC_GTEST_PROP(DecodeTime, IsExactWhereverACallerStopsBesideAKink, ()) {
  const StepModel model = any_step();
  const double sequences = any_sequences();
  const double kink = model.decode_time(sequences, any_context()).until;
  RC_PRE(kink < kInfinity);
  for (const double off : {-1e-9, -1e-12, -1e-13, -3e-16, 3e-16, 1e-13, 1e-9}) {
    const DecodeTime line = model.decode_time(sequences, kink * (1 + off));
    RC_ASSERT(line.until > line.at);
    RC_ASSERT(agrees(model, sequences, line, std::min(line.until, 2 * kink)));
  }
}

TEST(DecodeTime, ReadsTheCacheOfOneMoreTokenASequence) {
  const StepModel model{llama_70b(), hgx_h100(), deployment(1, Format::kBf16), ideal()};
  const DecodeTime line = model.decode_time(10, 1000);
  EXPECT_DOUBLE_EQ(line.per_token, 10.0 * 327'680 / 3.35e12);
  EXPECT_EQ(line.until, kInfinity);
}

TEST(DecodeTime, EndsWhereAWindowIsFull) {
  const StepModel model{windowed(128), hgx_h100(), deployment(1, Format::kBf16), ideal()};
  const DecodeTime before = model.decode_time(10, 100), full = model.decode_time(10, 128);
  EXPECT_EQ(before.until, 128.0);
  EXPECT_DOUBLE_EQ(before.per_token, 10.0 * 32 * 4096 / 3.35e12);
  EXPECT_DOUBLE_EQ(full.per_token, 10.0 * 16 * 4096 / 3.35e12);
  EXPECT_EQ(full.until, kInfinity);
}

// Short contexts wait for the kernel's work on each pair of sequence and head, long ones for the
// cache.
TEST(DecodeTime, EndsWhereAttentionChangesItsBound) {
  const StepModel model{llama_8b(), hgx_h100(), deployment(1, Format::kBf16),
                        catalog::load_efficiency().value()};
  const DecodeTime brief = model.decode_time(64, 1);
  ASSERT_LT(brief.until, 1000.0);
  const auto bound = [&](double context) {
    return model.step({.decode_sequences = 64, .decode_context = context})[OperatorKind::kAttention]
        .bound;
  };
  EXPECT_EQ(bound(brief.until * (1 - 1e-9)), Bound::kCompute);
  EXPECT_EQ(bound(brief.until * (1 + 1e-9)), Bound::kMemory);
  const DecodeTime rest = model.decode_time(64, brief.until);
  EXPECT_GT(rest.per_token, brief.per_token);
  EXPECT_EQ(rest.until, kInfinity);
}

}  // namespace
}  // namespace assay::model
