#include "evidence/mlperf.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/text.h"
#include "catalog/embedded.h"
#include "catalog/take_fields.h"
#include "document/bind.h"
#include "document/read.h"

namespace assay::evidence {

namespace {

using document::Binder;
using document::Need;
using document::Node;

constexpr std::string_view kFile = "data/names/mlperf.yaml";
constexpr document::Range kTokens{1, 1e6};
constexpr document::Range kSeconds{1e-4, 1e3};
constexpr document::Range kBeams{1, 64};

Length read_length(Binder& b, std::string_view tokens, std::string_view source) {
  Length length;
  length.tokens = catalog::take_number(b, tokens, kTokens);
  const Node* node = b.take(source, Need::kRequired);
  if (node == nullptr) return length;
  Binder s{b.document(), *node, b.errors(), "source of a length"};
  length.confidence = catalog::take_confidence(s);
  length.of = catalog::take_text(s, "of");
  s.finish();
  return length;
}

std::optional<LatencyLimits> read_limits(Binder& b, std::string_view key) {
  const Node* node = b.take(key, Need::kOptional);
  if (node == nullptr) return std::nullopt;
  Binder l{b.document(), *node, b.errors(), "latency limits"};
  LatencyLimits limits;
  limits.ttft = l.take_quantity<Seconds>("ttft", Need::kOptional, kSeconds);
  limits.tpot = l.take_quantity<Seconds>("tpot", Need::kOptional, kSeconds);
  limits.total = l.take_quantity<Seconds>("total", Need::kOptional, kSeconds);
  l.finish();
  return limits;
}

Benchmark read_benchmark(Binder& b) {
  Benchmark benchmark;
  benchmark.id = catalog::take_text(b, "id");
  benchmark.models = b.take_texts("models", Need::kRequired);
  benchmark.input = read_length(b, "input_tokens", "input_source");
  benchmark.output = read_length(b, "output_tokens", "output_source");
  benchmark.beams = static_cast<int>(b.take_int("beams", Need::kOptional, kBeams).value_or(1));
  benchmark.server = read_limits(b, "server");
  benchmark.interactive = read_limits(b, "interactive");
  b.take_text("limits_note", Need::kOptional);  // for readers of the file
  b.finish();
  return benchmark;
}

}  // namespace

const Benchmark* find_benchmark(const std::vector<Benchmark>& benchmarks, std::string_view id) {
  const std::string lower = to_lower(id);
  for (const Benchmark& benchmark : benchmarks) {
    if (lower == benchmark.id || lower.starts_with(benchmark.id + "-")) return &benchmark;
  }
  return nullptr;
}

const Benchmark* benchmark_of_model(const std::vector<Benchmark>& benchmarks,
                                    std::string_view short_id) {
  for (const Benchmark& benchmark : benchmarks) {
    const auto& models = benchmark.models;
    if (std::find(models.begin(), models.end(), short_id) != models.end()) return &benchmark;
  }
  return nullptr;
}

Checked<std::vector<Benchmark>> read_benchmarks(const std::string& file, std::string_view text) {
  const auto document = document::read_document(file, text);
  if (!document) return tl::unexpected(document.error());
  Errors errors;
  Binder root{*document, document->root, errors, "table of benchmarks"};
  std::vector<Benchmark> benchmarks;
  if (const Node* node = root.take("benchmarks", Need::kRequired)) {
    for (const Node& item : node->items) {
      Binder b{*document, item, errors, "benchmark"};
      benchmarks.push_back(read_benchmark(b));
    }
  }
  root.finish();
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return benchmarks;
}

Checked<std::vector<Benchmark>> load_benchmarks() {
  const auto text = catalog::embedded_file(kFile);
  ASSAY_ASSERT(text.has_value());
  return read_benchmarks(std::string{kFile}, *text);
}

}  // namespace assay::evidence
