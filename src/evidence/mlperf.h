// mlperf.h — what MLPerf Inference fixes for each benchmark, and its result rows leave out: mean
// lengths and the latency limits of the Server and Interactive scenarios. Data:
// data/names/mlperf.yaml, with sources. Lengths in tokens; limits are 99th percentiles.
// Plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "catalog/fact.h"

namespace assay::evidence {

struct LatencyLimits {
  std::optional<Seconds> ttft, tpot;
  std::optional<Seconds> total;  // of the whole answer
};

struct Length {
  double tokens{};
  catalog::Confidence confidence{};
  std::string of;  // the data set, or where the figure is published
};

struct Benchmark {
  std::string id;                   // "llama2-70b", without "-99" or "-edge"
  std::vector<std::string> models;  // short ids that it may run
  Length input, output;
  int beams{1};  // of a beam search
  std::optional<LatencyLimits> server, interactive;
};

// The benchmark that a result's id ("llama2-70b-99.9") is of; null: unknown.
const Benchmark* find_benchmark(const std::vector<Benchmark>& benchmarks, std::string_view id);
// The benchmark that runs this model; null: none.
const Benchmark* benchmark_of_model(const std::vector<Benchmark>& benchmarks,
                                    std::string_view short_id);

// The built-in table.
Checked<std::vector<Benchmark>> load_benchmarks();

// A table of the same shape; `file` names it in messages.
Checked<std::vector<Benchmark>> read_benchmarks(const std::string& file, std::string_view text);

}  // namespace assay::evidence
