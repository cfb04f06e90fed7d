#include "present/serving_arguments.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "base/unit_text.h"
#include "catalog/format.h"
#include "present/number_arguments.h"

namespace assay::present {
namespace {

constexpr int kBatchMax = 100'000, kTokensMax = 10'000'000, kRanksMax = 1024;
constexpr std::size_t kBatchesMax = 64;

Error not_a_batch(const std::string& text) {
  return usage_error(
      fmt::format("--batch is '{}'", excerpt(text)),
      fmt::format("a number from 1 to {}, a list such as 8,16,32 or a range such as 1..256",
                  grouped_text(kBatchMax)));
}

bool parse_batch(std::string_view text, int& batch) {
  long long value = 0;
  if (!parse_int(text, value) || value < 1 || value > kBatchMax) return false;
  batch = static_cast<int>(value);
  return true;
}

// Both ends and the powers of two between them.
std::vector<int> batch_range(int low, int high) {
  std::vector<int> batches{low};
  for (int batch = 1; batch < high; batch *= 2) {
    if (batch > low) batches.push_back(batch);
  }
  if (high > low) batches.push_back(high);
  return batches;
}

Result<std::vector<int>> read_batches(const std::string& text) {
  const std::size_t dots = text.find("..");
  if (dots != std::string::npos) {
    int low = 0, high = 0;
    const std::string_view whole = text;
    if (!parse_batch(trim(whole.substr(0, dots)), low) ||
        !parse_batch(trim(whole.substr(dots + 2)), high) || low > high) {
      return tl::unexpected(not_a_batch(text));
    }
    return batch_range(low, high);
  }
  std::vector<int> batches;
  for (const std::string_view piece : split(text, ',')) {
    int batch = 0;
    if (!parse_batch(piece, batch) || batches.size() == kBatchesMax) {
      return tl::unexpected(not_a_batch(text));
    }
    batches.push_back(batch);
  }
  std::sort(batches.begin(), batches.end());
  batches.erase(std::unique(batches.begin(), batches.end()), batches.end());
  return batches;
}

Result<double> read_rate(const std::string& text) {
  const auto rate = parse<Hertz>(text);
  if (!rate)
    return tl::unexpected(usage_error("--rate: " + rate.error().what, "a rate such as '10 /s'"));
  if (*rate <= Hertz{} || *rate > Hertz::from_base(1e6)) {
    return tl::unexpected(usage_error(fmt::format("--rate is '{}'", excerpt(text)),
                                      "more than 0 and at most 1,000,000 /s"));
  }
  return rate->base();
}

// Exactly one of the five loads; a batch if none is said.
Result<bool> read_load(const Arguments& given, PredictOptions& options) {
  std::vector<std::string> said;
  for (const std::string_view name : {"--batch", "--concurrency", "--rate", "--at-once"}) {
    if (is_given(given, name)) said.emplace_back(name);
  }
  if (given.flag("--offline")) said.emplace_back("--offline");
  if (said.size() > 1) {
    return tl::unexpected(
        usage_error(fmt::format("{} and {} are both asked for", said[0], said[1]),
                    "one of --batch, --concurrency, --rate, --offline and --at-once"));
  }
  const std::string load = said.empty() ? "" : said.front();
  if (load == "--offline") {
    options.load = LoadChoice::kOffline;
  } else if (load == "--rate") {
    options.load = LoadChoice::kRate;
    const auto rate = read_rate(given.value(load));
    if (!rate) return tl::unexpected(rate.error());
    options.amount = *rate;
  } else if (load == "--batch") {
    const auto batches = read_batches(given.value(load));
    if (!batches) return tl::unexpected(batches.error());
    options.batches = *batches;
    options.table = given.value(load).find_first_of(".,") != std::string::npos;
  } else if (!load.empty()) {
    const auto amount = whole_number(given, {load, 0, 1, kBatchMax});
    if (!amount) return tl::unexpected(amount.error());
    options.load = load == "--at-once" ? LoadChoice::kAtOnce : LoadChoice::kConcurrency;
    options.amount = *amount;
  }
  return true;
}

struct Target {
  Whole wanted;
  int& into;
};

template <std::size_t N>
Result<bool> read_numbers(const Arguments& given, const std::array<Target, N>& targets) {
  for (const Target& target : targets) {
    const auto value = whole_number(given, target.wanted);
    if (!value) return tl::unexpected(value.error());
    target.into = *value;
  }
  return true;
}

Result<bool> read_drafts(const Arguments& given, PredictOptions& options) {
  const bool tokens = is_given(given, "--draft-tokens"), share = is_given(given, "--acceptance");
  if (!tokens && !share) return true;
  if (!tokens || !share) {
    return tl::unexpected(
        usage_error(fmt::format("{} alone", tokens ? "--draft-tokens" : "--acceptance"),
                    "--draft-tokens and --acceptance together"));
  }
  const auto drafts = whole_number(given, {"--draft-tokens", 0, 1, 64});
  if (!drafts) return tl::unexpected(drafts.error());
  options.draft_tokens = *drafts;
  const std::string text = given.value("--acceptance");
  if (!parse_double(text, options.acceptance) || options.acceptance < 0 || options.acceptance > 1) {
    return tl::unexpected(usage_error(fmt::format("--acceptance is '{}'", excerpt(text)),
                                      "a probability from 0 to 1"));
  }
  return true;
}

Result<std::vector<std::string>> read_formats(const Arguments& given) {
  std::vector<std::string> names;
  if (!is_given(given, "--weights")) return names;
  const std::string list = given.value("--weights");
  for (const std::string_view piece : split(list, ',')) {
    const auto format = catalog::parse_format(piece);
    if (!format) {
      const std::vector<std::string> known{"fp32", "bf16",  "fp16",  "fp8",
                                           "int8", "nvfp4", "mxfp4", "int4"};
      Error error = usage_error(fmt::format("unknown format '{}' in --weights", excerpt(piece)),
                                one_of(known));
      error.near = nearest(piece, known, 1);
      return tl::unexpected(error);
    }
    const std::string name{catalog::name(*format)};
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string engine_of(const Arguments& given) {
  return is_given(given, "--engine") ? given.value("--engine") : "vllm";
}

}  // namespace

Result<PredictOptions> predict_options(const Arguments& given) {
  PredictOptions options;
  options.model = given.value("MODEL");
  options.accelerator = given.value("ACCELERATOR");
  options.weights = given.value("--weights");
  options.activations = given.value("--activations");
  options.kv_cache = given.value("--kv-cache");
  options.engine = engine_of(given);
  options.operators = given.flag("--operators");
  const std::array targets{Target{{"--input", 1024, 1, kTokensMax}, options.input},
                           Target{{"--output", 256, 1, kTokensMax}, options.output},
                           Target{{"--tp", 0, 1, kRanksMax}, options.tensor},
                           Target{{"--pp", 0, 1, kRanksMax}, options.pipeline},
                           Target{{"--ep", 0, 1, kRanksMax}, options.expert},
                           Target{{"--dp", 0, 1, kRanksMax}, options.data}};
  if (const auto ok = read_numbers(given, targets); !ok) return tl::unexpected(ok.error());
  if (const auto ok = read_load(given, options); !ok) return tl::unexpected(ok.error());
  if (const auto ok = read_drafts(given, options); !ok) return tl::unexpected(ok.error());
  return options;
}

Result<SearchOptions> search_options(const Arguments& given) {
  SearchOptions options;
  options.model = given.value("MODEL");
  options.accelerator = given.value("ACCELERATOR");
  options.engine = engine_of(given);
  options.all = given.flag("--all");
  const std::array targets{Target{{"--input", 1024, 1, kTokensMax}, options.input},
                           Target{{"--output", 256, 1, kTokensMax}, options.output},
                           Target{{"--jobs", 0, 1, 1024}, options.jobs}};
  if (const auto ok = read_numbers(given, targets); !ok) return tl::unexpected(ok.error());
  auto formats = read_formats(given);
  if (!formats) return tl::unexpected(formats.error());
  options.weights = *std::move(formats);
  if (is_given(given, "--min-user-rate")) {
    const std::string text = given.value("--min-user-rate");
    if (!parse_double(text, options.user_rate_min) || options.user_rate_min < 0) {
      return tl::unexpected(usage_error(fmt::format("--min-user-rate is '{}'", excerpt(text)),
                                        "tokens a second for each user, such as 30"));
    }
  }
  return options;
}

}  // namespace assay::present
