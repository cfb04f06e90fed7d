#include "present/command_table.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "present/simulate_options.h"
#include "present/training_options.h"

namespace assay::present {
namespace {

constexpr std::string_view kFormats = "table|csv|md|json";
constexpr std::string_view kPrecisions = "fp32|bf16|fp16|fp8|int8|nvfp4|mxfp4|int4";

// Which KIND of a command has these options.
template <std::size_t N>
constexpr std::array<OptionSpec, N> of_kind(std::string_view kind,
                                            std::array<OptionSpec, N> options) {
  for (OptionSpec& option : options) option.kind = kind;
  return options;
}

template <std::size_t A, std::size_t B>
constexpr std::array<OptionSpec, A + B> joined(const std::array<OptionSpec, A>& a,
                                               const std::array<OptionSpec, B>& b) {
  std::array<OptionSpec, A + B> all{};
  std::copy(a.begin(), a.end(), all.begin());
  std::copy(b.begin(), b.end(), all.begin() + A);
  return all;
}

constexpr std::array kCommon{
    OptionSpec{"--json", "", "the answer for programs, in a format that only grows"},
    OptionSpec{"--format", "FORMAT", "table, csv, md or json", Completes::kChoice, kFormats},
    OptionSpec{"--plain", "", "one record a line, cells separated by tabs, no titles"},
    OptionSpec{"--columns", "LIST", "only these columns, in this order: id,memory.bandwidth"},
    OptionSpec{"--wide", "", "all columns, however long the lines become"},
    OptionSpec{"--catalog", "DIR", "lay the files of DIR over the built-in catalog",
               Completes::kFolder},
    OptionSpec{"--color", "", "colours even where the output is no terminal"},
    OptionSpec{"--no-color", "", "no colours"},
    OptionSpec{"-h", "", "short help"},
    OptionSpec{"--help", "", "all options, with examples"},
    OptionSpec{"--version", "", "the version, and nothing else"},
};

constexpr std::array kCommonExamples{
    ExampleSpec{"assay compare h200 b200 mi300x", "accelerators side by side"},
    ExampleSpec{"assay plan examples/serve-llama-70b.yaml", "which hardware serves this load"},
};

constexpr std::array kPlanArguments{
    ArgumentSpec{"SCENARIO", "what is asked: a YAML file, or - for standard input", true, false,
                 Completes::kFile}};
constexpr std::array kPlanOptions{
    OptionSpec{"--set", "KEY=VALUE", "change one value of the scenario: traffic.rate=20/s",
               Completes::kNothing, "", true},
    OptionSpec{"--save", "FILE", "write the plan as JSON too, for assay explain",
               Completes::kFile},
    OptionSpec{"--runners-up", "N", "how many of the next best to show; 5 if not said"},
};
constexpr std::array kPlanExamples{
    ExampleSpec{"assay plan examples/serve-llama-70b.yaml", "the cheapest fleet for a load"},
    ExampleSpec{"assay plan chat.yaml --set traffic.rate=20/s --save chat.json",
                "the same at another rate, kept as JSON"},
};

constexpr std::array kCatalogArguments{
    ArgumentSpec{"KIND", "accelerators (if not said), systems, sources or check", false, false,
                 Completes::kChoice, "accelerators|systems|sources|check"},
    ArgumentSpec{"GLOB", "only these ids: 'h2*'; one exact id shows everything known of it", false,
                 false, Completes::kCatalogued}};
constexpr std::array kCatalogOptions{
    OptionSpec{"--strict", "", "check: warnings fail it too"}};
constexpr std::array kCatalogExamples{
    ExampleSpec{"assay catalog accelerators 'h*'", "one line for each"},
    ExampleSpec{"assay catalog accelerators h200", "every figure, its basis and its source"},
    ExampleSpec{"assay catalog systems hgx-h200", "a server: parts, links, totals"},
    ExampleSpec{"assay catalog accelerators --columns id,peak.fp8,ridge.fp8 --format csv",
                "chosen figures for a spreadsheet"},
    ExampleSpec{"assay catalog check --catalog my-catalog", "check files of one's own"},
};

constexpr std::array kCompareArguments{
    ArgumentSpec{"ACCELERATOR", "ids; h200:8 means eight in their system", true, true,
                 Completes::kAccelerator}};
constexpr std::array kCompareOptions{
    OptionSpec{"--model", "MODEL", "and what the difference means for this language model",
               Completes::kModel},
    OptionSpec{"--precision", "FORMAT", "of the weights; as published if not said",
               Completes::kChoice, kPrecisions},
    OptionSpec{"--batch", "N", "sequences that decode together; 32 if not said"},
    OptionSpec{"--context", "N", "tokens of each sequence; 2048 if not said"},
    OptionSpec{"--prices", "BOOK", "offer book for the figures per dollar: article",
               Completes::kBook},
};
constexpr std::array kCompareExamples{
    ExampleSpec{"assay compare h200 b200 mi300x", "figures side by side"},
    ExampleSpec{"assay compare h200:8 mi300x:8 --model llama-3.1-70b --precision fp8",
                "and what they mean for a model"},
};

constexpr std::array kModelsArguments{
    ArgumentSpec{"MODEL", "an id, 'qwen*', or the path of a config.json", false, false,
                 Completes::kModel}};
constexpr std::array kModelsOptions{
    OptionSpec{"--architectures", "", "the architectures of config.json that are understood"}};
constexpr std::array kModelsExamples{
    ExampleSpec{"assay models 'qwen*'", "one line for each"},
    ExampleSpec{"assay models llama-3.1-70b", "parameters, weight bytes, KV cache, operations"},
    ExampleSpec{"assay models ./config.json", "the same of one's own model"},
};

constexpr std::array kOffersArguments{
    ArgumentSpec{"BOOK", "a built-in list, or a file (.yaml, .json, .csv)", false, false,
                 Completes::kBook}};
constexpr std::array kOffersOptions{
    OptionSpec{"--accelerator", "GLOB", "only offers of these accelerators",
               Completes::kAccelerator},
    OptionSpec{"--check", "", "what is wrong with the list, rather than the list"},
};
constexpr std::array kOffersExamples{
    ExampleSpec{"assay offers article", "cheapest accelerator-hour first"},
    ExampleSpec{"assay offers my-prices.csv --check", "what is wrong with a list of one's own"},
};

constexpr std::array kValidateArguments{
    ArgumentSpec{"KIND", "inference, training, or requests: measured runs replayed", true, false,
                 Completes::kChoice, "inference|training|requests"}};
constexpr std::array kValidateOptions{
    OptionSpec{"--data", "FILE",
               "one's own rather than the built-in ones: measurements (CSV), or a run (YAML)",
               Completes::kFile},
    OptionSpec{"--rows", "", "one line a measurement rather than the scores"},
    OptionSpec{"--fit", "N",
               "training: adapt constants to the first N rows of --data, judge the others"},
    OptionSpec{"--jobs", "N", "threads; as many as there are cores if not said"},
};
constexpr std::array kValidateExamples{
    ExampleSpec{"assay validate inference", "how far predictions are from measurements"},
    ExampleSpec{"assay validate inference --data mine.csv", "the same of one's own measurements"},
    ExampleSpec{"assay validate inference --rows --format csv", "each prediction beside its row"},
    ExampleSpec{"assay validate training", "the same of training runs: by tier, source, software"},
    ExampleSpec{"assay validate training --data runs.csv --fit 10",
                "runs of one's own, ten of which adapt the constants"},
    ExampleSpec{"assay validate requests", "measured servers, simulated request by request"},
};

constexpr std::string_view kServedModel = "an id, or the path of a config.json";
constexpr std::string_view kOutputHelp = "tokens of an answer; 256 if not said";
constexpr std::string_view kInputHelp = "tokens of a prompt; 1024 if not said";
constexpr std::string_view kEngineHelp = "vllm if not said; sglang, trtllm, …";

constexpr std::array kPredictArguments{
    ArgumentSpec{"KIND", "serve or train", true, false, Completes::kChoice, "serve|train"},
    ArgumentSpec{"MODEL", kServedModel, true, false, Completes::kModel},
    ArgumentSpec{"ACCELERATOR", "h200, or h200:8 for eight in their system", true, false,
                 Completes::kAccelerator}};
constexpr std::array kPredictServe{
    OptionSpec{"--batch", "N", "sequences of a replica: 32 if no load is said; 8,16,32; 1..256"},
    OptionSpec{"--concurrency", "N", "requests at any time, over all replicas"},
    OptionSpec{"--rate", "RATE", "independent arrivals over all replicas: 10/s"},
    OptionSpec{"--offline", "", "as many as the replicas hold"},
    OptionSpec{"--at-once", "N", "requests at time zero, over all replicas"},
    OptionSpec{"--input", "N", kInputHelp},
    OptionSpec{"--output", "N", kOutputHelp},
    OptionSpec{"--tp", "N", "tensor parallelism; the smallest that holds the load if not said"},
    OptionSpec{"--pp", "N", "pipeline stages"},
    OptionSpec{"--ep", "N", "ranks that experts are dealt to"},
    OptionSpec{"--dp", "N", "attention ranks with sequences of their own"},
    OptionSpec{"--weights", "FORMAT", "as published if not said", Completes::kChoice, kPrecisions},
    OptionSpec{"--activations", "FORMAT", "that matrices multiply in; as the weights allow",
               Completes::kChoice, kPrecisions},
    OptionSpec{"--kv-cache", "FORMAT", "as published if not said", Completes::kChoice,
               kPrecisions},
    OptionSpec{"--engine", "NAME", kEngineHelp},
    OptionSpec{"--draft-tokens", "N", "speculation: drafts of an iteration; with --acceptance"},
    OptionSpec{"--acceptance", "P", "that a draft is right, given that those before it are"},
    OptionSpec{"--operators", "", "and each operator: operations, bytes, time, bound"},
};
constexpr auto kPredictOptions = joined(of_kind("serve", kPredictServe),
                                        of_kind("train", joined(kPredictTrainOptions,
                                                                kTrainOptions)));
constexpr std::array kPredictExamples{
    ExampleSpec{"assay predict serve llama-3.1-8b h100:8 --batch 1..256", "a row a batch"},
    ExampleSpec{"assay predict train llama-3.1-405b h100:16384 --tp 8 --pp 16 --batch 2048 "
                "--tokens 15.6T",
                "step, memory, days, energy, chances"},
    ExampleSpec{"assay predict serve deepseek-v3 h200:8 --rate 2/s --input 4000 --output 500",
                "latencies under a load"},
    ExampleSpec{"assay predict serve gpt-oss-120b b200 --batch 64 --operators",
                "where the time of a step goes"},
    ExampleSpec{"assay predict train llama-3.1-70b b200:256 --precision fp8 --tp 4,8 --mbs 1..4",
                "a row a layout"},
};

constexpr std::array kSearchArguments{
    ArgumentSpec{"KIND", "serve or train", true, false, Completes::kChoice, "serve|train"},
    ArgumentSpec{"MODEL", kServedModel, true, false, Completes::kModel},
    ArgumentSpec{"ACCELERATOR", "h200:8; serve: all:8, of every one; train: h200:64..1024", true,
                 false, Completes::kAccelerator}};
constexpr std::array kSearchServe{
    OptionSpec{"--input", "N", kInputHelp},
    OptionSpec{"--output", "N", kOutputHelp},
    OptionSpec{"--weights", "LIST", "formats to try: fp8,bf16; those that suit if not said"},
    OptionSpec{"--engine", "NAME", kEngineHelp},
    OptionSpec{"--min-user-rate", "N", "leave out what gives a user fewer tokens a second"},
    OptionSpec{"--jobs", "N", "threads; as many as there are cores if not said"},
    OptionSpec{"--all", "", "every point rather than the front"},
};
constexpr auto kSearchOptions = joined(of_kind("serve", kSearchServe),
                                       of_kind("train", joined(kSearchTrainOptions,
                                                               kTrainOptions)));
constexpr std::array kSearchExamples{
    ExampleSpec{"assay search serve deepseek-v3 h200:8", "layouts that no other one beats"},
    ExampleSpec{"assay search train llama-3.1-70b h100:256 --batch 1024 --launch megatron",
                "the fastest layouts, and how to start the best"},
    ExampleSpec{"assay search serve llama-3.1-70b all:8 --min-user-rate 30",
                "which accelerator, at 30 tokens a second for each user"},
    ExampleSpec{"assay search serve gpt-oss-120b mi300x:8 --all --format csv", "every point"},
    ExampleSpec{"assay search train llama-3.1-405b h100:1024..16384 --batch 2048 --tokens 15.6T "
                "--deadline 90d",
                "how many accelerators"},
};

constexpr std::array kExplainArguments{
    ArgumentSpec{"SUBJECT", "a plan's JSON, an accelerator, a system or a model", true, false,
                 Completes::kSubject},
    ArgumentSpec{"FIGURE", "memory.bandwidth, kv, ttft_mean; left out: list of the figures"}};
constexpr std::array kExplainExamples{
    ExampleSpec{"assay explain h200 memory.bandwidth", "all readings, and why one is used"},
    ExampleSpec{"assay explain llama-3.1-70b kv", "the formula and what went in"},
    ExampleSpec{"assay explain chat.json ttft_mean", "where a plan's figure comes from"},
};

constexpr std::array kSchemaArguments{
    ArgumentSpec{"NAME", "scenario, accelerator, …; left out: list of the schemas", false, false,
                 Completes::kSchema}};
constexpr std::array kSchemaExamples{
    ExampleSpec{"assay schema", "which there are"},
    ExampleSpec{"assay schema scenario > scenario.schema.json", "for an editor"},
};

constexpr std::array kInitArguments{
    ArgumentSpec{"FILE", "file to write, never an existing one; left out or -: standard output",
                 false, false, Completes::kFile}};
constexpr std::array kInitExamples{
    ExampleSpec{"assay init chat.yaml", "a commented scenario to begin with"},
    ExampleSpec{"assay init | less", "only look at it"},
};

constexpr std::array kCompletionArguments{
    ArgumentSpec{"SHELL", "bash, zsh or fish", true, false, Completes::kChoice, "bash|zsh|fish"}};
constexpr std::array kCompletionExamples{
    ExampleSpec{"source <(assay completion bash)", "for this shell"},
    ExampleSpec{"assay completion fish > ~/.config/fish/completions/assay.fish", "for good"},
};

constexpr std::array kVersionOptions{
    OptionSpec{"--verbose", "", "and the catalog: date, hash, counts"}};
constexpr std::array kVersionExamples{
    ExampleSpec{"assay version", "the version"},
    ExampleSpec{"assay version --verbose", "what to say in a bug report"},
};

constexpr std::array kCommands{
    CommandSpec{"plan", "which hardware serves this load, and why", kPlanArguments, kPlanOptions,
                kPlanExamples,
                "The answer ends with a line from which it can be repeated: version, catalog, "
                "scenario. Begin with assay init chat.yaml."},
    CommandSpec{"catalog", "what exists: accelerators, systems, sources", kCatalogArguments,
                kCatalogOptions, kCatalogExamples,
                "--columns takes the path of any field (memory.bandwidth) and derived figures "
                "(ridge.fp8, flop_per_joule.bf16, tpp). Every figure carries the code of its "
                "source: DS datasheet, VD vendor document, OR official rule, ME measured, TP "
                "third party, DE derived, RU rumour, AS assumed."},
    CommandSpec{"compare", "accelerators side by side, each figure with its source",
                kCompareArguments, kCompareOptions, kCompareExamples,
                "* marks the best of a row, where one is better. Predictions carry the interval "
                "in which nine of ten measurements are expected."},
    CommandSpec{"models", "language models: size, memory, work per token", kModelsArguments,
                kModelsOptions, kModelsExamples, ""},
    CommandSpec{"offers", "prices by list: what an accelerator-hour costs", kOffersArguments,
                kOffersOptions, kOffersExamples,
                "Months count 730 hours. Lists of one's own: YAML, or CSV as SkyPilot writes it."},
    CommandSpec{"validate", "predictions against published measurements", kValidateArguments,
                kValidateOptions, kValidateExamples,
                "A source counts by its groups (source, accelerator, model), not by its rows. "
                "docs/validation.md has the rules, and the columns of a file of one's own."},
    CommandSpec{"predict", "speed, memory and power of a deployment, or of a training run",
                kPredictArguments, kPredictOptions, kPredictExamples,
                "Figures carry the interval in which nine of ten measurements are expected, and "
                "its regime. What was not said is chosen, and listed as assumed. JSON: "
                "docs/serving-json.md, docs/training-json.md."},
    CommandSpec{"search", "every layout of a deployment or a training run, and the best of them",
                kSearchArguments, kSearchOptions, kSearchExamples,
                "Serving: fixed batches, sequences start together, decode in step and end "
                "together; the front is tokens a second per accelerator against those per user. "
                "Training: the front is the time of a step against memory. JSON: "
                "docs/serving-json.md, docs/training-json.md."},
    CommandSpec{"simulate", "requests over a fleet: percentiles, queues, goodput, largest load",
                kSimulateArguments, kSimulateOptions, kSimulateExamples,
                "A fleet's file says the same as the options, and pools of different replicas, "
                "several models, roles; options override it. --format vllm-bench prints what "
                "vllm bench serve prints. Figures, files and rules: docs/simulate.md."},
    CommandSpec{"explain", "where a figure comes from", kExplainArguments, {}, kExplainExamples,
                ""},
    CommandSpec{"schema", "JSON Schemas of the files that Assay reads", kSchemaArguments, {},
                kSchemaExamples, ""},
    CommandSpec{"init", "a commented scenario to begin with", kInitArguments, {}, kInitExamples,
                ""},
    CommandSpec{"completion", "completion for a shell, from the same table as this help",
                kCompletionArguments, {}, kCompletionExamples, ""},
    CommandSpec{"version", "the version, and with --verbose the catalog's", {}, kVersionOptions,
                kVersionExamples, ""},
};

}  // namespace

std::span<const CommandSpec> commands() { return kCommands; }

const CommandSpec* find_command(std::string_view name) {
  const auto* found = std::find_if(kCommands.begin(), kCommands.end(),
                                   [name](const CommandSpec& c) { return c.name == name; });
  return found == kCommands.end() ? nullptr : found;
}

std::span<const OptionSpec> common_options() { return kCommon; }

std::span<const ExampleSpec> common_examples() { return kCommonExamples; }

std::vector<std::string> kinds_of(const CommandSpec& command) {
  std::vector<std::string> kinds;
  for (const OptionSpec& option : command.options) {
    if (option.kind.empty()) continue;
    if (std::find(kinds.begin(), kinds.end(), option.kind) == kinds.end()) {
      kinds.emplace_back(option.kind);
    }
  }
  return kinds;
}

std::vector<OptionSpec> options_of(const CommandSpec& command, std::string_view kind) {
  const std::vector<std::string> kinds = kinds_of(command);
  const bool all = std::find(kinds.begin(), kinds.end(), kind) == kinds.end();
  std::vector<OptionSpec> options;
  for (const OptionSpec& option : command.options) {
    if (all || option.kind.empty() || option.kind == kind) options.push_back(option);
  }
  return options;
}

std::vector<std::string> choices_of(std::string_view choices) {
  std::vector<std::string> out;
  for (const std::string_view choice : split(choices, '|')) {
    if (!choice.empty()) out.emplace_back(choice);
  }
  return out;
}

}  // namespace assay::present
