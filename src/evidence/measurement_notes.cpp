#include "evidence/measurement_notes.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "base/text.h"
#include "evidence/note_text.h"

namespace assay::evidence {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The unsigned number at the start of `text`; its length, 0 where there is none.
struct Number {
  double value{};
  std::size_t length{};
};
Number leading_number(std::string_view text) {
  const std::size_t end = number_length(text);
  Number number{.value = 0, .length = end};
  if (end == 0 || !is_digit(text.front()) || !parse_double(text.substr(0, end), number.value)) {
    return {};
  }
  return number;
}

// The number that follows `label` at the first place where one does; =, :, quotes and blanks may
// stand between.
std::optional<double> number_after(std::string_view text, std::string_view label) {
  return read_after(text, label, [](std::string_view rest) -> std::optional<double> {
    rest.remove_prefix(std::min(rest.find_first_not_of(" =:\""), rest.size()));
    const Number number = leading_number(rest);
    return number.length > 0 ? std::optional{number.value} : std::nullopt;
  });
}

// The number that ends where `label` begins: "1000 requests" for " requests".
std::optional<double> number_before(std::string_view text, std::string_view label) {
  return read_before(text, label, [](std::string_view digits) -> std::optional<double> {
    const Number number = leading_number(digits);
    const bool whole = number.length > 0 && number.length == digits.size();
    return whole ? std::optional{number.value} : std::nullopt;
  });
}

std::optional<int> count_after(std::string_view text, std::string_view label) {
  return as_count(number_after(text, label));
}

// The text from `label` to the end of its clause; empty where it is not there.
std::string_view clause(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + label.size());
  return trim(rest.substr(0, rest.find(';')));
}

// "decode workers 4 tp8 dp1 ep8".
std::optional<Workers> read_workers(std::string_view text, std::string_view label) {
  const std::string_view words = clause(text, label);
  const Number count = leading_number(words);
  if (count.length == 0 || count.value < 1) return std::nullopt;
  return Workers{.count = static_cast<int>(count.value),
                 .tensor = count_after(words, " tp").value_or(1),
                 .data = count_after(words, " dp").value_or(1),
                 .expert = count_after(words, " ep").value_or(1)};
}

// "prefill workers …; decode workers …", or "attn tp2 dp1 moe_tp2 moe_ep1".
void read_layout(std::string_view notes, Measurement& m) {
  m.prefill_workers = read_workers(notes, "prefill workers ");
  m.decode_workers = read_workers(notes, "decode workers ");
  const bool tensorrt = has(notes, "enable_attention_dp");
  m.attention_over_tensor_ranks = tensorrt;
  m.attention_data_parallel = tensorrt || has(notes, "--enable-dp-attention") ||
                              has(notes, "DEP =") || has(notes, "label DEP");
  m.experts_dealt_out = has(notes, "--moe-a2a-backend=deepep");
  m.single_device = has(notes, "A single ") || has(notes, "single device");
  const std::string_view attention = clause(notes, "attn ");
  if (!has(attention, "moe_ep")) return;
  fill(m.tensor, count_after(attention, "tp"));
  fill(m.data, count_after(attention, "dp"));
  fill(m.expert, count_after(attention, "moe_ep"));
  if (m.data.value_or(1) > 1) m.attention_data_parallel = true;
}

// "MTP", unless somebody says that there is none.
bool predicts_many(std::string_view notes) {
  for (std::size_t at = notes.find("MTP"); at != std::string_view::npos;
       at = notes.find("MTP", at + 1)) {
    const bool word = at == 0 || !is_letter(notes[at - 1]);
    const std::string before = to_lower(trim(notes.substr(0, at)));
    if (word && !before.ends_with("no") && !before.ends_with("without")) return true;
  }
  return false;
}

void read_speculation(std::string_view notes, Measurement& m) {
  m.speculative = has(notes, "SPECULATIVE") || has(notes, "--speculative") ||
                  has(notes, "num_speculative_tokens") || predicts_many(notes);
  for (const std::string_view label : {"num_speculative_tokens", "--speculative-num-draft-tokens",
                                       "--speculative-num-steps", "draft tokens"}) {
    if (const auto drafts = count_after(notes, label)) {
      m.draft_tokens = *drafts;
      return;
    }
  }
}

// "MLPerf 5.1-0047 available closed datacenter llama2-70b-99 Interactive;" or, shorter,
// "MLPerf llama2-70b-99 Interactive".
void read_mlperf(std::string_view notes, Measurement& m) {
  m.mlperf = has(notes, "MLPerf");
  const std::string_view words = clause(notes, "MLPerf ");
  const std::size_t last = words.rfind(' ');
  if (last == std::string_view::npos) return;
  const std::string_view scenario = words.substr(last + 1);
  if (scenario != "Offline" && scenario != "Server" && scenario != "Interactive" &&
      scenario != "SingleStream") {
    return;
  }
  const std::string_view before = trim(words.substr(0, last));
  m.benchmark = std::string{before.substr(before.rfind(' ') + 1)};
  m.interactive = scenario == "Interactive" || has(m.benchmark, "interactive");
}

// Requests, their rate and lengths.
void read_load(std::string_view notes, Measurement& m) {
  fill(m.requests, number_before(notes, " requests"));
  fill(m.requests, number_before(notes, " prompts"));
  fill(m.requests, number_after(notes, "num_prompts"));
  fill(m.requests_per_s, number_after(notes, "request rate"));
  fill(m.requests_per_s, number_after(notes, "-sps"));  // in the name of a recorded trace
  if (m.load_kind == LoadKind::kUnstated && m.requests_per_s) {
    m.load_kind = LoadKind::kRate;
    m.load = *m.requests_per_s;
  } else if (m.load_kind == LoadKind::kUnstated && has(notes, "at once")) {
    m.load_kind = LoadKind::kAtOnce;
  }
  if (m.load_kind == LoadKind::kAtOnce && m.load == 0) m.load = m.requests.value_or(0);
  fill(m.context_tokens, number_after(notes, "KV length"));
  fill(m.context_tokens, number_after(notes, "KV"));
  if (const auto percent = number_before(notes, "% cache hits")) m.cached_share = *percent / 100;
  for (const std::string_view label : {"range ratio", "range-ratio"}) {
    if (const auto ratio = number_after(notes, label); ratio && *ratio <= 1) {
      m.length_spread = *ratio;
    }
  }
}

// Limits that the command line, or a sentence, sets.
void read_engine_limits(std::string_view notes, Measurement& m) {
  for (const std::string_view label : {"max-num-batched-tokens", "max_num_batched_tokens",
                                       "max_num_tokens", "--chunked-prefill-size"}) {
    fill(m.iteration_tokens_max, number_after(notes, label));
  }
  for (const std::string_view label : {"max-num-seqs", "max_num_seqs", "--max-running-requests",
                                       "--max-batch-size", "--max_batch_size"}) {
    fill(m.sequences_max, number_after(notes, label));
  }
  fill(m.sequences_max, number_before(notes, "=max_num_seqs"));
  for (const std::string_view label : {"gpu-memory-utilization", "mem-fraction-static"}) {
    const auto share = number_after(notes, label);
    if (share && *share > 0 && *share <= 1) fill(m.memory_share, share);
  }
  if (m.kv_cache.empty() && has(clause(notes, "--kv-cache-dtype"), "fp8")) m.kv_cache = "fp8";
}

// "B200 TGP 1000W", "1200W TGP Per GPU", "GPU 450W / 600W".
void read_power(std::string_view notes, Measurement& m) {
  auto watts = number_after(notes, "TGP");
  if (!watts) watts = number_before(notes, "W TGP");
  if (!watts && has(notes, "W / ")) watts = number_after(notes, "GPU");
  if (watts && *watts >= 10) m.power_limit = Watts::from_base(*watts);
}

}  // namespace

void read_notes(std::string_view notes, Measurement& measurement) {
  if (notes.find_first_not_of(' ') == std::string_view::npos) return;
  read_layout(notes, measurement);
  read_speculation(notes, measurement);
  read_mlperf(notes, measurement);
  read_load(notes, measurement);
  read_engine_limits(notes, measurement);
  read_power(notes, measurement);
  measurement.suspect = has(notes, "OUTLIER") || has(notes, "QUALITY=");
  measurement.simulated = has(notes, "SIMULATED");
}

}  // namespace assay::evidence
