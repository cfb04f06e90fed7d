#include "evidence/training_notes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>

#include "base/text.h"
#include "evidence/note_text.h"

namespace assay::evidence {

namespace {

constexpr double kBytesPerGigabit = 1e9 / 8;
constexpr double kNodeAccelerators = 8;  // of the machines whose network is given for a node

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return has(text, word); });
}

// The number at the start of `text`, after blanks and =.
std::optional<double> number_at(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" ="), text.size()));
  const std::size_t end = number_length(text);
  double value = 0;
  if (end == 0 || !parse_double(text.substr(0, end), value)) return std::nullopt;
  return value;
}

std::optional<double> number_after(std::string_view text, std::string_view label) {
  return read_after(text, label, number_at);
}

// The number that ends where `label` begins: "15T" for "T".
std::optional<double> number_before(std::string_view text, std::string_view label) {
  return read_before(text, label, number_at);
}

std::optional<int> count_after(std::string_view text, std::string_view label) {
  return as_count(number_after(text, label));
}

void read_batches(std::string_view text, TrainingNotes& notes) {
  for (const std::string_view label : {"grad accum ", "ga=", "ga ", "micro_num "}) {
    fill(notes.accumulation, count_after(text, label));
  }
  for (const std::string_view label : {"local batch ", "lbs "}) {
    fill(notes.local_batch, count_after(text, label));
  }
}

// "1600 Gbps node-node", "4x100Gb RoCE per node", "800Gbps inter-node", "400Gb/s/GPU RDMA".
void read_network(std::string_view text, TrainingNotes& notes) {
  std::optional<double> node;  // Gbit/s
  node = number_before(text, " gbps node-node");
  fill(node, number_before(text, "gbps inter-node"));
  if (const auto card = number_before(text, "gb roce per node")) {
    node = *card * number_before(text, "x" + number_text(*card) + "gb roce").value_or(1);
  }
  if (node) *node /= kNodeAccelerators;
  fill(node, number_before(text, "gb/s/gpu rdma"));
  if (node) notes.network = BytesPerSecond::from_base(*node * kBytesPerGigabit);
}

// The pipeline schedule: a clause of its own, "v-half; …", perhaps with more words.
std::string read_schedule(std::string_view text) {
  constexpr std::array<std::string_view, 10> kSchedules{
      "zbv-formatted",    "zbv",      "zbb", "zero-bubble", "v-half", "v-min", "1f1b-interleaved",
      "interleaved 1f1b", "dualpipe", "1f1b"};
  for (const std::string_view clause : split(text, ';')) {
    for (const std::string_view schedule : kSchedules) {
      const std::string_view words = trim(clause);
      const bool overlap = has(words, "1f1b overlap");
      if (words.starts_with(schedule) && !overlap) return std::string{schedule};
    }
  }
  return {};
}

std::string read_kernels(std::string_view text) {
  if (has(text, "triton")) return "triton";
  if (has(text, "flexattn")) return "flex";
  return has(text, "torchsdpa") ? "sdpa" : "";
}

void read_words(std::string_view text, TrainingNotes& notes) {
  notes.tokens_dropped = has(text, "tokendrop");
  notes.natural_routing = has(text, "natural routing");
  notes.boosted_clocks = has(text, "vboost");
  notes.async_tensor = has_any(text, {"asynctp", "async tp"});
  notes.compiled = has(text, "compile");
  notes.eager = has(text, "eager");
  notes.row_scales = has(text, "rowwise");
  notes.without_mtp = has(text, "w/o mtp");
  notes.graphs = has(text, "cuda graph");
  notes.overlapped_experts = has_any(text, {"ep overlap on", "1f1b overlap"});
  notes.without_context = has(text, "without context parallelism");
  notes.whole_project = has(text, "whole-project");
  notes.suspect = has_any(text, {"low trust", "do not use", "regression", "columns look swapped"});
}

}  // namespace

void read_training_notes(std::string_view notes, TrainingMeasurement& m) {
  const std::string text = to_lower(notes);
  read_batches(text, m.notes);
  read_network(text, m.notes);
  read_words(text, m.notes);
  m.notes.schedule = read_schedule(text);
  m.notes.kernels = read_kernels(text);
  if (const auto gigabytes = number_after(text, "mem "); gigabytes && has(text, "gb")) {
    m.notes.memory_used = Bytes::from_base(*gigabytes * 1e9);
  }
  auto trillions = number_before(text, "t tokens");
  if (!trillions) trillions = number_before(text, "t+ tokens");
  if (trillions) m.notes.tokens = *trillions * 1e12;
  for (const std::string_view label : {"x v4-", "x v5p-", "x v5e-", "x v6e-"}) {
    if (const auto slices = number_before(text, label)) {
      m.notes.slices = static_cast<int>(*slices);
    }
  }
  fill(m.tokens_per_s, number_after(text, "coarse tokens/s/gpu printed "));
}

}  // namespace assay::evidence
