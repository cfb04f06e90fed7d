#include "evidence/resolve.h"

#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/nearest.h"
#include "base/text.h"
#include "evidence/layout.h"
#include "evidence/resolve_parts.h"

namespace assay::evidence {

namespace {

using catalog::LanguageModel;
using catalog::ModelEntry;

}  // namespace

Checked<Resolver> Resolver::create(const catalog::Catalog& catalog) {
  auto names = load_names();
  auto benchmarks = load_benchmarks();
  auto entries = catalog::model_index();
  Errors errors;
  append(errors, names);
  append(errors, benchmarks);
  append(errors, entries);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return Resolver{catalog, *std::move(names), *std::move(benchmarks), *std::move(entries)};
}

Resolver::Resolver(const catalog::Catalog& catalog, NameTable names,
                   std::vector<Benchmark> benchmarks, std::vector<ModelEntry> entries)
    : catalog_{&catalog},
      names_{std::move(names)},
      benchmarks_{std::move(benchmarks)},
      entries_{std::move(entries)},
      entry_of_{places_by_name(entries_)} {}

tl::expected<Resolver::Machine, Refused> Resolver::machine(const std::string& name) {
  const std::string key = to_lower(name);
  if (const auto known = machines_.find(key); known != machines_.end()) return known->second;
  const auto keep = [&](tl::expected<Machine, Refused> machine) {
    return machines_.emplace(key, std::move(machine)).first->second;
  };

  const auto found = named_machine(*catalog_, names_, name);
  if (!found) return keep(tl::unexpected(found.error()));
  const AcceleratorName* meaning = found->meaning;
  return keep(Machine{.hardware = std::make_shared<const model::Hardware>(found->hardware),
                      .vendor = found->accelerator->vendor,
                      .power_limit = meaning != nullptr ? meaning->power_limit : std::nullopt,
                      .assumed = meaning != nullptr ? meaning->assumed : std::string{}});
}

tl::expected<const ModelEntry*, Refused> Resolver::entry(const Measurement& m,
                                                         const std::string& vendor) const {
  const auto found = entry_of_.find(to_lower(m.model));
  if (found == entry_of_.end()) {
    std::vector<std::string> known;
    for (const ModelEntry& e : entries_) known.push_back(e.id);
    return unresolved(unknown_name("model", m.model, nearest(m.model, known)));
  }
  const ModelEntry& named = entries_[found->second];
  // The published FP4 checkpoints are NVFP4, which AMD's hardware does not multiply.
  if (to_lower(m.weights) == "fp4" && to_lower(vendor) == "amd") return &named;
  const std::string* checkpoint = names_.checkpoint(named.short_id, m.weights);
  if (checkpoint == nullptr) return &named;
  const auto substitute = entry_of_.find(to_lower(*checkpoint));
  ASSAY_ASSERT(substitute != entry_of_.end());
  return &entries_[substitute->second];
}

tl::expected<std::shared_ptr<const LanguageModel>, Refused> Resolver::load(
    const ModelEntry& entry) {
  return load_once(models_, entry);
}

// What the benchmark fixes and the row does not say.
void Resolver::fill_benchmark(const Measurement& m, const std::string& short_id,
                              ResolvedMeasurement& resolved) const {
  if (!m.mlperf) return;
  const Benchmark* benchmark = m.benchmark.empty() ? benchmark_of_model(benchmarks_, short_id)
                                                   : find_benchmark(benchmarks_, m.benchmark);
  if (benchmark == nullptr) return;
  resolved.benchmark_lengths = !m.input_tokens || !m.output_tokens;
  if (!resolved.input_tokens) resolved.input_tokens = benchmark->input.tokens;
  if (!resolved.output_tokens) resolved.output_tokens = benchmark->output.tokens;
  resolved.beams = benchmark->beams;
  if (m.scenario == Scenario::kServer) {
    resolved.limits = m.interactive ? benchmark->interactive : benchmark->server;
  }
}

tl::expected<ResolvedMeasurement, Refused> Resolver::resolve(const Measurement& m) {
  if (m.load_kind == LoadKind::kUnread) {
    return unresolved(fmt::format("load '{}' is in no known form", excerpt(m.load_text)));
  }
  const auto machine = this->machine(m.accelerator);
  if (!machine) return tl::unexpected(machine.error());
  const auto entry = this->entry(m, machine->vendor);
  if (!entry) return tl::unexpected(entry.error());
  const auto model = load(**entry);
  if (!model) return tl::unexpected(model.error());
  const auto accelerators = accelerator_count(m);
  if (!accelerators) return unresolved("how many accelerators is not stated");

  const EngineName engine = names_.engine(m.engine, m.date, machine->vendor);
  const auto formats =
      read_formats({.weights = m.weights, .activations = m.activations, .kv_cache = m.kv_cache},
                   names_, **model, *machine->hardware, machine->vendor, engine);
  if (!formats) return unresolved(formats.error().what);

  ResolvedMeasurement resolved;
  resolved.model = *model;
  resolved.hardware = machine->hardware;
  resolved.accelerators = *accelerators;
  resolved.engine = engine.generation;
  resolved.formats = *formats;
  resolved.input_tokens = m.input_tokens;
  resolved.output_tokens = m.output_tokens;
  resolved.power_limit = m.power_limit ? m.power_limit : machine->power_limit;
  resolved.assumed = machine->assumed;
  resolved.length_spread = m.length_spread;
  fill_benchmark(m, (*entry)->short_id, resolved);
  if (const Harness* harness = names_.harness(m.source); harness != nullptr) {
    const double mean = (1 + harness->length_low) / 2;
    if (resolved.input_tokens) *resolved.input_tokens *= mean;
    if (resolved.output_tokens) *resolved.output_tokens *= mean;
    resolved.length_spread = (1 - harness->length_low) / (1 + harness->length_low);
    resolved.requests_per_place = harness->requests_per_place;
  }

  const bool experts = catalog::is_mixture_of_experts(**model);
  const model::Deployment base{.weights = formats->weights,
                               .activations = formats->activations,
                               .kv_cache = formats->kv_cache,
                               .engine = engine.generation};
  resolved.layout = stated_layout(m, *accelerators, base, experts);
  if (m.prefill_workers) resolved.prefill = worker_pool(*m.prefill_workers, base, experts);
  if (m.decode_workers) resolved.decode = worker_pool(*m.decode_workers, base, experts);
  return resolved;
}

}  // namespace assay::evidence
