// simulate_options.h — what can be typed after `assay simulate`, made from the table of fields of a
// fleet's file (plan/simulation_fields.h) and the few options that are about files. Constexpr.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "plan/simulation_fields.h"
#include "present/command_table.h"

namespace assay::present {

inline constexpr std::array kSimulateArguments{
    ArgumentSpec{"FLEET|MODEL", "a fleet's file (.yaml, .json, - for standard input); or a model",
                 true, false, Completes::kModel},
    ArgumentSpec{"ACCELERATOR", "with a model: h200, or h200:8 for eight in their system", false,
                 false, Completes::kAccelerator}};

inline constexpr std::array kSimulateFiles{
    OptionSpec{"--prefill", "N", "replicas that only compute prompts; with --decode"},
    OptionSpec{"--decode", "N", "replicas that only decode; with --prefill"},
    OptionSpec{"--timeline", "FILE", "iterations of each replica, for Perfetto", Completes::kFile},
    OptionSpec{"--timeline-window", "FROM..UNTIL", "only these of the timeline: 10s..20s"},
    OptionSpec{"--series", "FILE", "the state over time, as CSV", Completes::kFile},
    OptionSpec{"--requests-out", "FILE", "a line for each request, as CSV", Completes::kFile},
    OptionSpec{"--jobs", "N", "threads of --find-rate; as many as there are cores if not said"},
};

// What most people ask for comes first.
inline constexpr std::array<std::string_view, 12> kSimulateFirst{
    "--rate", "--concurrency", "--trace",   "--requests", "--input",    "--output",
    "--tp",   "--replicas",    "--routing", "--ttft-p99", "--tpot-p99", "--find-rate"};

constexpr OptionSpec option_of(const plan::SimulationField& field) {
  const bool file = field.value == "FILE";
  const bool chosen = !field.field.choices.empty();
  const Completes completes = chosen ? Completes::kChoice
                              : file ? Completes::kFile
                                     : Completes::kNothing;
  return {field.flag, field.value,         field.field.help,
          completes,  field.field.choices, field.field.kind == plan::FieldKind::kTexts};
}

inline constexpr auto kSimulateOptions = [] {
  constexpr auto kFlags = static_cast<std::size_t>(
      std::count_if(plan::kSimulationFields.begin(), plan::kSimulationFields.end(),
                    [](const plan::SimulationField& f) { return !f.flag.empty(); }));
  std::array<OptionSpec, kFlags + kSimulateFiles.size()> options{};
  std::size_t count = 0;
  const auto is_first = [](std::string_view flag) {
    return std::find(kSimulateFirst.begin(), kSimulateFirst.end(), flag) != kSimulateFirst.end();
  };
  for (const std::string_view flag : kSimulateFirst) {
    for (const plan::SimulationField& field : plan::kSimulationFields) {
      if (field.flag == flag) options[count++] = option_of(field);
    }
  }
  for (const OptionSpec& option : kSimulateFiles) options[count++] = option;
  for (const plan::SimulationField& field : plan::kSimulationFields) {
    if (!field.flag.empty() && !is_first(field.flag)) options[count++] = option_of(field);
  }
  return options;
}();

inline constexpr std::array kSimulateExamples{
    ExampleSpec{"assay simulate llama-3.1-70b h200:8 --rate 20/s --input 1000 --output 250",
                "latencies under drawn requests"},
    ExampleSpec{"assay simulate llama-3.1-70b h200:8 --find-rate --ttft-p99 1s --tpot-p99 40ms",
                "the largest load within goals"},
    ExampleSpec{"assay simulate qwen3-32b h100:8 --trace conv.csv --copies 4 --routing least-kv",
                "a published trace, four times over"},
    ExampleSpec{"assay simulate deepseek-v3 h200:8 --prefill 2 --decode 4 --rate 10/s",
                "prompts and decoding apart"},
    ExampleSpec{"assay simulate examples/simulate-fleet.yaml --timeline run.json",
                "a fleet of several pools, and what each replica does"},
};

}  // namespace assay::present
