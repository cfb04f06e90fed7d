// options.h — what the command line said, as plain data: one struct a command, filled by
// dispatch.cpp and read by the commands. Nothing here knows how it was typed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace assay::present {

enum class OutputFormat : std::uint8_t {
  kTable, kJson, kCsv, kMarkdown, kPlain,
  kVllmBench, kVllmBenchJson  // only of `simulate`
};

struct CommonOptions {
  OutputFormat format{OutputFormat::kTable};
  bool colour{};                  // of stdout, resolved: flags, NO_COLOR, TERM, TTY
  bool unicode{true};             // resolved from the locale
  bool wide{};                    // --wide: no 100-column limit
  std::vector<std::string> columns;
  std::string catalog_folder;     // --catalog DIR; empty: built-in only
  bool colour_err{};              // of stderr
};

struct PlanOptions {
  std::string scenario;           // path, or "-"
  std::string report;             // --save FILE: the plan as JSON beside the answer
  std::vector<std::string> sets;  // --set traffic.rate=20/s
  int runners_up{5};
};

struct CatalogOptions {
  std::string kind{"accelerators"};  // accelerators, systems, sources, check
  std::string pattern;               // glob
  bool strict{};                     // check: warnings count too
};

struct CompareOptions {
  std::vector<std::string> accelerators;  // "h200" or "h200:8"
  std::string model;
  std::string precision;                  // format name; empty: as published
  std::string prices;                     // offer book; empty: none
  int batch{32};                          // sequences that decode together
  int context{2048};                      // tokens of each
};

struct ModelsOptions {
  std::string name;        // glob, id or path to a config.json; empty: all
  bool architectures{};    // list what read_hf_config knows
};

struct OffersOptions {
  std::string book;         // built-in book or path; empty: list of the books
  std::string accelerator;  // filter: id or glob
  bool check{};             // run the lint
};

struct ValidateOptions {
  std::string data;  // --data FILE; empty: the built-in measurements
  bool rows{};       // --rows: one line a measurement
  int jobs{};        // 0: as many as there are cores
  int fit{};         // --fit N: training, own rows that the constants adapt to first; 0: none
};

struct ExplainOptions {
  std::string subject;  // plan.json, accelerator, system or model
  std::string figure;   // "ttft_mean", "memory.bandwidth"; empty: list of the figures
};

enum class LoadChoice : std::uint8_t { kBatch, kConcurrency, kRate, kOffline, kAtOnce };

struct PredictOptions {
  std::string model;        // library id or path of a config.json
  std::string accelerator;  // "h200:8"
  LoadChoice load{};
  std::vector<int> batches{32};  // kBatch: sequences of one replica
  bool table{};                  // kBatch: a row each, though it be one
  double amount{};               // the others: requests, or requests a second
  int input{1024}, output{256};  // tokens
  int tensor{}, pipeline{}, expert{}, data{};     // 0: chosen
  std::string weights, activations, kv_cache;     // format names; empty: chosen
  std::string engine{"vllm"};
  int draft_tokens{};
  double acceptance{};
  bool operators{};  // --operators: one line an operator
};

struct SearchOptions {
  std::string model;
  std::string accelerator;  // "h200:8", or "all:8"
  int input{1024}, output{256};
  std::vector<std::string> weights;  // format names; empty: those that suit
  std::string engine{"vllm"};
  double user_rate_min{};  // tokens/s
  int jobs{};              // 0: as many as there are cores
  bool all{};              // --all: every point, not only the front
};

struct SimulateOptions {
  struct Setting {
    std::string flag;   // "--rate"
    std::string value;  // as typed; of a flag: what it sets
  };
  std::string fleet;               // file, or "-"; empty: model and accelerator
  std::string model, accelerator;  // "h200:8"
  int prefill{}, decode{};         // replicas of each role; 0: no roles
  std::vector<Setting> settings;
  std::string timeline, series, requests_out;         // files; empty: none
  double timeline_from{}, timeline_until{};           // s; until 0: to the end
  int jobs{};                                         // 0: as many as there are cores
};

}  // namespace assay::present
