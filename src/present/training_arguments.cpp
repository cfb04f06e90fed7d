#include "present/training_arguments.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "base/unit_text.h"
#include "present/number_arguments.h"

namespace assay::present {
namespace {

constexpr int kRanksMax = 100'000, kSequenceMax = 10'000'000, kBatchMax = 10'000'000;
constexpr std::size_t kValuesMax = 32, kLayoutsMax = 256;

void take(Result<int> read, int& into, Errors& errors) {
  if (read) into = *read;
  else errors.push_back(read.error());
}

// "15T", "1.5e12", "300B".
bool parse_tokens(std::string_view text, double& tokens) {
  text = trim(text);
  double scale = 1;
  if (!text.empty()) {
    constexpr std::string_view kSuffixes = "kmbt";
    const std::string last = to_lower(text.substr(text.size() - 1));
    const std::size_t at = kSuffixes.find(last);
    if (at != std::string_view::npos) {
      scale = std::pow(1000.0, static_cast<double>(at + 1));
      text.remove_suffix(1);
    }
  }
  double value = 0;
  if (!parse_double(trim(text), value)) return false;
  tokens = value * scale;
  return tokens >= 1 && tokens <= 1e18;
}

void read_tokens(const Arguments& given, TrainingQuestion& question, Errors& errors) {
  if (!is_given(given, "--tokens")) return;
  workload::TrainingRun run;
  if (!parse_tokens(given.value("--tokens"), run.tokens)) {
    errors.push_back(usage_error(fmt::format("--tokens is '{}'", excerpt(given.value("--tokens"))),
                                 "a number such as 15T, 300B or 1e12"));
  }
  question.run = run;
}

template <class Q>
std::optional<Q> read_quantity(const Arguments& given, std::string_view name,
                               std::string_view example, Errors& errors) {
  if (!is_given(given, name)) return std::nullopt;
  const auto parsed = parse<Q>(given.value(name));
  if (parsed && *parsed > Q{}) return *parsed;
  errors.push_back(usage_error(
      fmt::format(
          "{} {}", name,
          parsed ? fmt::format("is '{}'", excerpt(given.value(name))) : parsed.error().what),
      parsed ? fmt::format("more than 0, such as '{}'", example) : fmt::format("'{}'", example),
      parsed ? std::vector<std::string>{} : parsed.error().near));
  return std::nullopt;
}

// What only a run of so many tokens needs.
void read_run(const Arguments& given, TrainingQuestion& question, Errors& errors) {
  read_tokens(given, question, errors);
  const auto deadline = read_quantity<Seconds>(given, "--deadline", "60 d", errors);
  const auto mtbf = read_quantity<Seconds>(given, "--mtbf", "50000 h", errors);
  const auto storage =
      read_quantity<BytesPerSecond>(given, "--checkpoint-bandwidth", "500 GB/s", errors);
  int spares = 0;
  take(whole_number(given, {"--spares", 0, 0, kRanksMax}), spares, errors);
  if (!question.run) {
    for (const std::string_view name :
         {"--deadline", "--mtbf", "--checkpoint-bandwidth", "--spares", "--price"}) {
      if (!is_given(given, name)) continue;
      errors.push_back(
          usage_error(fmt::format("{} without --tokens", name), "--tokens: how long the run is"));
    }
    return;
  }
  question.run->deadline = deadline;
  if (mtbf) question.run->failures.accelerator_mtbf = *mtbf;
  else question.assumed.emplace_back("failures as published of Llama 3 on 16,384 H100");
  question.run->checkpoint.storage = storage;
  if (is_given(given, "--spares")) question.run->failures.spares = spares;
}

// "2.50" or "2.50 USD/h".
void read_money(const Arguments& given, TrainingQuestion& question, Errors& errors) {
  if (is_given(given, "--price")) {
    const std::string text = given.value("--price");
    double usd = 0;
    const auto parsed = parse<UsdPerSecond>(text);
    if (parse_double(text, usd) && usd > 0) question.price = Usd::from_base(usd) / kHour;
    else if (parsed && *parsed > UsdPerSecond{}) question.price = *parsed;
    else
      errors.push_back(usage_error(fmt::format("--price is '{}'", excerpt(text)),
                                   "dollars of an accelerator-hour, such as 2.50"));
  }
  if (is_given(given, "--pue")) {
    const std::string text = given.value("--pue");
    if (!parse_double(text, question.pue) || question.pue < 1 || question.pue > 5) {
      errors.push_back(usage_error(fmt::format("--pue is '{}'", excerpt(text)),
                                   "a ratio from 1 to 5, such as 1.2"));
    }
  }
}

model::TrainingFormat precision_of(const std::string& text) {
  using model::TrainingFormat;
  for (const TrainingFormat format :
       {TrainingFormat::kSixteen, TrainingFormat::kFp8, TrainingFormat::kFp8Row,
        TrainingFormat::kFp8Block, TrainingFormat::kMxfp8, TrainingFormat::kNvfp4}) {
    if (model::name(format) == text) return format;
  }
  return TrainingFormat::kSixteen;  // not said; dispatch has refused all else
}

void read_question(const Arguments& given, TrainingQuestion& question, Errors& errors) {
  question.model = given.value("MODEL");
  question.accelerator = given.value("ACCELERATOR");
  take(whole_number(given, {"--sequence", 8192, 1, kSequenceMax}), question.job.sequence, errors);
  take(whole_number(given, {"--batch", 1024, 1, kBatchMax}), question.job.batch, errors);
  take(whole_number(given, {"--lora", 0, 1, 65'536}), question.job.lora_rank, errors);
  question.job.format = precision_of(given.value("--precision"));
  question.job.in_network_reduction = given.flag("--in-network-reduction");
  if (is_given(given, "--stack")) question.job.stack = given.value("--stack");
  const auto assume = [&](std::string_view name, std::string text) {
    if (!is_given(given, name)) question.assumed.push_back(std::move(text));
  };
  assume("--sequence", fmt::format("sequences of {}", grouped_text(question.job.sequence)));
  assume("--batch", fmt::format("a batch of {} sequences", grouped_text(question.job.batch)));
  assume("--precision", "precision bf16");
  assume("--stack", "stack megatron");
  read_run(given, question, errors);
  read_money(given, question, errors);
}

Error not_a_degree(std::string_view name, const std::string& text) {
  return usage_error(fmt::format("{} is '{}'", name, excerpt(text)),
                     fmt::format("a whole number from 1 to {}, a list such as 4,8 or a range such "
                                 "as 1..16",
                                 grouped_text(kRanksMax)));
}

bool parse_degree(std::string_view text, int& value) {
  long long read = 0;
  if (!parse_int(trim(text), read) || read < 1 || read > kRanksMax) return false;
  value = static_cast<int>(read);
  return true;
}

// A range: its ends and the powers of two between them.
bool parse_degrees(const std::string& text, std::vector<int>& values) {
  values.clear();
  const std::size_t dots = text.find("..");
  if (dots != std::string::npos) {
    int low = 0, high = 0;
    if (!parse_degree(std::string_view{text}.substr(0, dots), low) ||
        !parse_degree(std::string_view{text}.substr(dots + 2), high) || low > high) {
      return false;
    }
    values = {low, high};
    for (int between = 1; between < high; between *= 2) {
      if (between > low) values.push_back(between);
    }
  } else {
    for (const std::string_view piece : split(text, ',')) {
      int value = 0;
      if (!parse_degree(piece, value)) return false;
      values.push_back(value);
    }
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values.size() <= kValuesMax;
}

void read_degrees(const Arguments& given, PredictTrainingOptions& options, Errors& errors) {
  struct Target {
    std::string_view name;
    std::vector<int>& into;
  };
  const Target targets[] = {{"--tp", options.tensor},          {"--pp", options.pipeline},
                            {"--vpp", options.virtual_stages}, {"--cp", options.context},
                            {"--ep", options.expert},          {"--etp", options.expert_tensor},
                            {"--mbs", options.micro_batch}};
  std::size_t layouts = 1;
  for (const Target& target : targets) {
    if (!is_given(given, target.name)) continue;
    const std::string text = given.value(target.name);
    if (!parse_degrees(text, target.into)) errors.push_back(not_a_degree(target.name, text));
    else layouts *= target.into.size();
    options.table = options.table || text.find_first_of(".,") != std::string::npos;
  }
  if (layouts > kLayoutsMax) {
    errors.push_back(
        usage_error(fmt::format("{} layouts are asked for", layouts),
                    fmt::format("at most {}; assay search train tries all", kLayoutsMax)));
  }
  take(whole_number(given, {"--dp", 0, 1, kRanksMax}), options.data, errors);
}

void read_recompute(const Arguments& given, model::TrainingLayout& layout, Errors& errors) {
  if (!is_given(given, "--recompute")) return;
  const std::string text = given.value("--recompute");
  const std::size_t colon = text.find(':');
  const std::string what = text.substr(0, colon);
  const std::vector<std::string> known{"none", "selective", "full"};
  const auto found = std::find(known.begin(), known.end(), what);
  const bool counted = colon != std::string::npos;
  if (found == known.end() || (counted && what != "full") ||
      (counted &&
       !parse_degree(std::string_view{text}.substr(colon + 1), layout.recompute_layers))) {
    errors.push_back(
        usage_error(fmt::format("--recompute is '{}'", excerpt(text)),
                    "none, selective, full, or full:4 for four layers of each chunk",
                    found == known.end() ? nearest(what, known, 1) : std::vector<std::string>{}));
    return;
  }
  layout.recompute = static_cast<model::Recompute>(found - known.begin());
}

void read_offload(const Arguments& given, model::TrainingLayout& layout, Errors& errors) {
  if (!is_given(given, "--offload")) return;
  const std::vector<std::string> known{"weights", "activations", "optimizer"};
  const std::string list = given.value("--offload");
  bool* const targets[] = {&layout.offload_weights, &layout.offload_activations,
                           &layout.offload_optimizer};
  for (const std::string_view piece : split(list, ',')) {
    const auto found = std::find(known.begin(), known.end(), piece);
    if (found == known.end()) {
      errors.push_back(usage_error(fmt::format("unknown '{}' in --offload", excerpt(piece)),
                                   one_of(known), nearest(piece, known, 1)));
    } else {
      *targets[found - known.begin()] = true;
    }
  }
}

// Index of the option's value among those that dispatch let through; 0: not said, or the first.
template <class E>
E choice(const Arguments& given, std::string_view name, std::string_view choices, E fallback) {
  if (!is_given(given, name)) return fallback;
  const std::vector<std::string> known = choices_of(choices);
  const auto found = std::find(known.begin(), known.end(), given.value(name));
  return found == known.end() ? fallback : static_cast<E>(found - known.begin());
}

void read_layout(const Arguments& given, PredictTrainingOptions& options, Errors& errors) {
  model::TrainingLayout& layout = options.layout;
  layout.sharding =
      choice(given, "--sharding", "none|zero1|zero2|zero3", model::Sharding::kOptimizer);
  layout.schedule = choice(given, "--schedule", "1f1b|zero-bubble|dualpipe",
                           model::Schedule::kOneForwardOneBackward);
  layout.context_comm =
      choice(given, "--context-comm", "ring|all-to-all", model::ContextComm::kRing);
  take(whole_number(given, {"--shard-ranks", 0, 1, kRanksMax}), layout.shard_ranks, errors);
  read_recompute(given, layout, errors);
  read_offload(given, layout, errors);
  if (given.flag("--sp") && given.flag("--no-sp")) {
    errors.push_back(usage_error("--sp and --no-sp are both asked for", "one of them"));
  }
  if (given.flag("--sp")) options.sequence_parallel = true;
  if (given.flag("--no-sp")) options.sequence_parallel = false;
}

// Whether the command line says anything of the layout.
bool says_layout(const Arguments& given) {
  constexpr std::string_view kNames[] = {
      "--tp",          "--pp",        "--vpp",     "--cp",          "--ep",
      "--etp",         "--dp",        "--mbs",     "--sharding",    "--schedule",
      "--shard-ranks", "--recompute", "--offload", "--context-comm"};
  return given.flag("--sp") || given.flag("--no-sp") ||
         std::any_of(std::begin(kNames), std::end(kNames),
                     [&](std::string_view name) { return is_given(given, name); });
}

// "h100:1024..16384" → "h100:1024" and 16384.
void read_counts(SearchTrainingOptions& options, Errors& errors) {
  std::string& text = options.question.accelerator;
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) return;
  const std::string_view most = std::string_view{text}.substr(dots + 2);
  const std::size_t colon = text.find(':');
  int low = 0;
  if (colon == std::string::npos || colon > dots || !parse_degree(most, options.most) ||
      !parse_degree(std::string_view{text}.substr(colon + 1, dots - colon - 1), low) ||
      low > options.most) {
    errors.push_back(usage_error(fmt::format("'{}' is no range of accelerators", excerpt(text)),
                                 "a range such as h100:1024..16384"));
  }
  if (!options.question.run) {
    errors.push_back(usage_error("a range of accelerators without --tokens",
                                 "--tokens: the run that the counts are compared by"));
  }
  text.resize(dots);
}

}  // namespace

Checked<PredictTrainingOptions> predict_training_options(const Arguments& given) {
  PredictTrainingOptions options;
  Errors errors;
  read_question(given, options.question, errors);
  read_degrees(given, options, errors);
  read_layout(given, options, errors);
  take(whole_number(given, {"--jobs", 0, 1, 1024}), options.jobs, errors);
  options.operators = given.flag("--operators");
  options.explain = given.flag("--explain");
  options.choose = !says_layout(given);
  if (!options.choose && !is_given(given, "--sharding")) {
    options.question.assumed.emplace_back("sharding zero1");
  }
  if (!options.choose && !is_given(given, "--recompute")) {
    options.question.assumed.emplace_back("nothing is recomputed");
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return options;
}

Checked<SearchTrainingOptions> search_training_options(const Arguments& given) {
  SearchTrainingOptions options;
  Errors errors;
  read_question(given, options.question, errors);
  read_counts(options, errors);
  take(whole_number(given, {"--max-accelerators", 0, 1, kRanksMax}), options.accelerators_max,
       errors);
  take(whole_number(given, {"--top", 5, 1, 1000}), options.top, errors);
  take(whole_number(given, {"--jobs", 0, 1, 1024}), options.jobs, errors);
  options.offload = given.flag("--offload");
  options.all_schedules = given.flag("--all-schedules");
  if (is_given(given, "--launch")) {
    options.launch =
        given.value("--launch") == "megatron" ? Launcher::kMegatron : Launcher::kTorchrun;
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return options;
}

}  // namespace assay::present
