// Published measurements against the model's intervals: validation/inference-smoke.csv, one row of
// each (mode, accelerator, dense or mixture of experts), drawn at random from the rows that the
// constants were fitted on.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/model_library.h"
#include "document/read.h"
#include "document/table.h"
#include "model/serving_estimate.h"

namespace assay::evidence {
namespace {

using namespace model;  // NOLINT: this test is about nothing else

struct Measurement {
  catalog::LanguageModel model;
  Hardware hardware;
  Deployment deployment;
  workload::ServingDemand demand;
  std::string id, mode, metric;
  double load{}, value{};
};

class Cells {
 public:
  Cells(const document::Table& table, const document::Row& row) : table_{table}, row_{row} {}
  const std::string& text(std::string_view column) const {
    return row_.cells.at(table_.column(column).value());
  }
  double number(std::string_view column) const {
    double value = 0;
    EXPECT_TRUE(parse_double(text(column), value)) << column;
    return value;
  }
  catalog::Format format(std::string_view column) const {
    return catalog::parse_format(text(column)).value();
  }

 private:
  const document::Table& table_;
  const document::Row& row_;
};

Measurement read(const Cells& cells, const catalog::Catalog& catalog) {
  Measurement m;
  m.id = cells.text("id");
  const catalog::System* system = catalog.system(cells.text("system"));
  m.hardware = resolve_hardware(catalog, *catalog.accelerator(system->accelerator), system).value();
  m.model = catalog::load_model(cells.text("model")).value();
  m.deployment = {.tensor = static_cast<int>(cells.number("tensor")),
                  .weights = cells.format("weights"),
                  .activations = cells.format("activations"),
                  .kv_cache = cells.format("kv_cache"),
                  .engine = cells.text("engine")};
  m.demand = {.rate = {},
              .input_tokens = cells.number("input_tokens"),
              .output_tokens = cells.number("output_tokens"),
              .ttft = {},
              .tpot = {}};
  m.mode = cells.text("mode");
  m.metric = cells.text("metric");
  m.load = cells.number("load");
  m.value = cells.number("value");
  return m;
}

// Output tokens a second of one replica.
double throughput(const Measurement& m, const catalog::EfficiencyTable& table) {
  const double input = m.demand.input_tokens, output = m.demand.output_tokens;
  if (m.mode == "offline") {
    return output * rate_max(m.model, m.hardware, m.deployment, table, m.demand).value().base();
  }
  const Step prefill = prefill_step(m.model, m.hardware, m.deployment, table, m.load, input);
  const Step decode =
      decode_step(m.model, m.hardware, m.deployment, table, m.load, input + output / 2);
  return m.load * output / (prefill.time + decode.time * (output - 1)).base();
}

Estimate<double> predict(const Measurement& m, const catalog::EfficiencyTable& table) {
  if (m.mode != "poisson") {
    const bool measured = table.family(m.hardware.family).measured();
    return estimate(
        throughput(m, table),
        table.interval("throughput", catalog::is_mixture_of_experts(m.model), measured).half_width);
  }
  const auto e =
      estimate_serving(m.model, m.hardware, m.deployment, table, m.demand, Hertz::from_base(m.load))
          .value();
  const Estimate<Seconds>& figure = m.metric == "ttft_ms" ? e.ttft : e.tpot;
  return {1e3 * figure.value.base(), 1e3 * figure.low.base(), 1e3 * figure.high.base()};
}

TEST(Validation, MeasurementsLieInTheirIntervals) {
  const auto catalog = catalog::load_catalog({});
  const auto table = catalog::load_efficiency();
  const auto text = document::read_text(ASSAY_SOURCE_DIR "/validation/inference-smoke.csv");
  ASSERT_TRUE(catalog.has_value() && table.has_value() && text.has_value());
  const auto rows = document::read_csv("inference-smoke.csv", *text);
  ASSERT_TRUE(rows.has_value());

  int inside = 0;
  std::vector<double> errors;
  for (const document::Row& row : rows->rows) {
    const Measurement m = read(Cells{*rows, row}, *catalog);
    const Estimate<double> e = predict(m, *table);
    errors.push_back(std::abs(std::log(m.value / e.value)));
    const bool in = m.value >= e.low && m.value <= e.high;
    inside += in ? 1 : 0;
    if (!in) {
      GTEST_LOG_(INFO) << m.id << ": " << m.value << " is outside " << e.low << " to " << e.high;
    }
  }
  std::sort(errors.begin(), errors.end());
  EXPECT_GE(inside, std::ceil(0.85 * static_cast<double>(errors.size())));
  EXPECT_LT(std::exp(errors[errors.size() / 2]), 1.20);  // median error of all modes together
}

}  // namespace
}  // namespace assay::evidence
