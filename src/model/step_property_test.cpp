// What holds of every iteration, whatever the model, the deployment and the constants.
#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/model_test_support.h"
#include "model/step_model.h"

namespace assay::model {
namespace {

using catalog::Format;
using namespace test;

const catalog::EfficiencyTable& built_in() {
  static const catalog::EfficiencyTable kTable = catalog::load_efficiency().value();
  return kTable;
}

double between(int low, int high) { return *rc::gen::inRange(low, high + 1); }

struct Case {
  catalog::LanguageModel model;
  Deployment deployment;
  const catalog::EfficiencyTable* table{};
  Iteration iteration;
};

Deployment any_deployment() {
  Deployment d = deployment(*rc::gen::element(1, 2, 4),
                            *rc::gen::element(Format::kBf16, Format::kFp8, Format::kNvfp4));
  if (d.weights == Format::kNvfp4) d.activations = Format::kFp8;
  d.data = *rc::gen::element(1, 2);
  d.expert = *rc::gen::element(1, d.stage_accelerators());
  d.speculation.draft_tokens = *rc::gen::element(0, 0, 3);
  d.speculation.draft_cost = 0.05;
  d.kv_cache = *rc::gen::element(Format::kBf16, Format::kFp8);
  return d;
}

Case any_case() {
  static const catalog::EfficiencyTable kIdeal = ideal();
  Case c{.model = *rc::gen::element(llama_8b(), mixtral(), deepseek_v3()),
         .deployment = any_deployment(),
         .table = *rc::gen::element(&kIdeal, &built_in()),
         .iteration = {}};
  Iteration& i = c.iteration;
  i.prefill_tokens = *rc::gen::element(0.0, between(1, 10'000));
  i.prefill_pieces = i.prefill_tokens > 0 ? between(1, 8) : 0;
  i.prefill_before = between(0, 30'000);
  i.prefill_ends = i.prefill_pieces;
  i.decode_sequences = *rc::gen::element(0.0, between(1, 2000));
  i.decode_context = between(0, 100'000);
  return c;
}

StepModel step_of(const Case& c, const Hardware& hardware = hgx_h100()) {
  return {c.model, hardware, c.deployment, *c.table};
}

constexpr double kRounding = 1 + 1e-12;

RC_GTEST_PROP(StepModel, IsTheSumOfItsOperators, ()) {
  Case c = any_case();
  c.deployment.pipeline = *rc::gen::element(1, 2);
  const StepModel model = step_of(c);
  const Step step = model.step(c.iteration);
  double sum = 0;
  for (const Operator& op : step.operators) {
    RC_ASSERT(std::isfinite(op.time.base()) && op.time.base() >= 0);
    sum += op.time.base();
  }
  RC_ASSERT(std::abs(step.time.base() - sum) <= 1e-12 * sum);
  RC_ASSERT(std::abs(model.time(c.iteration).base() - sum) <= 1e-12 * sum);
}

RC_GTEST_PROP(StepModel, NeverShortensWhenAnIterationCarriesMore, ()) {
  const Case c = any_case();
  const StepModel model = step_of(c);
  const double before = model.time(c.iteration).base();
  for (double Iteration::*field :
       {&Iteration::prefill_tokens, &Iteration::prefill_before, &Iteration::prefill_ends,
        &Iteration::decode_sequences, &Iteration::decode_context}) {
    Iteration more = c.iteration;
    if (field == &Iteration::prefill_tokens && more.prefill_pieces == 0) continue;
    if (field == &Iteration::prefill_ends && more.prefill_tokens == 0) continue;
    more.*field += between(1, 500);
    RC_ASSERT(model.time(more).base() * kRounding >= before);
  }
}

RC_GTEST_PROP(StepModel, NeverSlowsDownWithMoreBandwidthOrCompute, ()) {
  const Case c = any_case();
  Hardware faster = hgx_h100();
  const double factor = 1.0 + between(0, 300) / 100;
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      faster.memory_bandwidth = faster.memory_bandwidth * factor;
      break;
    case 1:
      faster.link.one_way = faster.link.one_way * factor;
      break;
    default:
      for (auto& peak : faster.peaks) {
        if (peak) peak = *peak * factor;
      }
  }
  RC_ASSERT(step_of(c, faster).time(c.iteration).base() <=
            step_of(c).time(c.iteration).base() * kRounding);
}

// The middle of a stretch of contexts in which no operator changes its bound.
RC_GTEST_PROP(StepModel, IsAffineInTheContextBetweenKinks, ()) {
  Case c = any_case();
  c.iteration.decode_sequences = between(1, 500);
  const StepModel model = step_of(c);
  const auto time = [&](double context) {
    Iteration at = c.iteration;
    at.decode_context = context;
    return model.time(at).base();
  };
  const double low = between(40'000, 50'000), high = low + between(2, 5000);
  RC_ASSERT(std::abs((time(low) + time(high)) / 2 / time((low + high) / 2) - 1) < 1e-9);
}

// A sequence costs no more in a larger batch: a search for a batch relies on it.
RC_GTEST_PROP(StepModel, GainsFromBatching, ()) {
  Case c = any_case();
  c.iteration.prefill_tokens = c.iteration.prefill_pieces = c.iteration.prefill_ends = 0;
  c.iteration.decode_sequences = between(1, 1000);
  Iteration more = c.iteration;
  more.decode_sequences += between(1, 500);
  const StepModel model = step_of(c);
  RC_ASSERT(model.time(more).base() / more.decode_sequences <=
            model.time(c.iteration).base() / c.iteration.decode_sequences * kRounding);
}

RC_GTEST_PROP(StepModel, IsLessThanTwiceAsFastOnTwiceTheAccelerators, ()) {
  Case c = any_case();
  c.table = &built_in();
  RC_PRE(c.iteration.prefill_tokens + c.iteration.decode_sequences > 0);
  c.deployment.expert = c.deployment.data = 1;
  const double one = step_of(c).time(c.iteration).base();
  c.deployment.tensor *= 2;
  RC_ASSERT(step_of(c).time(c.iteration).base() > one / 2);
}

// Equal layers are equal however a catalog groups them.
RC_GTEST_PROP(StepModel, DoesNotDependOnHowLayersAreGrouped, ()) {
  const Case c = any_case();
  Case split = c;
  catalog::Block& last = split.model.blocks.back();
  last.count -= 5;
  catalog::Block five = last;
  five.count = 5;
  split.model.blocks.push_back(five);
  const double one = step_of(c).time(c.iteration).base();
  RC_ASSERT(std::abs(step_of(split).time(c.iteration).base() - one) <= 1e-9 * one);
}

}  // namespace
}  // namespace assay::model
