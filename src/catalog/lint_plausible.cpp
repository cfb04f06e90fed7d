// lint_plausible.cpp — ranges that hardware on sale keeps to, and what memory of a kind can do. The
// ranges are a decade or more wider than what exists in 2026: they catch prefixes, not generations.
#include <array>
#include <string>
#include <utility>

#include "base/text.h"
#include "base/unit_text.h"
#include "catalog/lint_rules.h"

namespace assay::catalog {
namespace {

struct Plausible {
  std::string_view path;
  double low, high;  // base units
};

constexpr std::array kPlausible{
    Plausible{"chip.transistors", 1e9, 5e12},  Plausible{"chip.die_area", 50e-6, 3000e-6},
    Plausible{"chip.boost_clock", 2e8, 5e9},   Plausible{"memory.marketed", 2e9, 2e12},
    Plausible{"memory.usable", 1.5e9, 2e12},   Plausible{"memory.bandwidth", 2e10, 4e13},
    Plausible{"memory.l2", 1e5, 2e9},          Plausible{"memory.last_level_cache", 1e5, 1e10},
    Plausible{"peak.fp64_vector", 1e10, 1e15}, Plausible{"peak.fp64_matrix", 1e11, 1e15},
    Plausible{"peak.fp32_vector", 5e11, 2e15}, Plausible{"peak.fp32_matrix", 1e12, 5e15},
    Plausible{"peak.tf32", 1e12, 1e16},        Plausible{"peak.bf16", 2e12, 3e16},
    Plausible{"peak.fp16", 2e12, 3e16},        Plausible{"peak.fp8", 5e12, 6e16},
    Plausible{"peak.fp6", 1e13, 1e17},         Plausible{"peak.fp4", 1e13, 1e17},
    Plausible{"peak.int8", 4e12, 6e16},        Plausible{"peak.int4", 1e13, 1e17},
    Plausible{"link.bandwidth", 4e9, 2e13},    Plausible{"link.pair_bandwidth", 2e9, 1e13},
    Plausible{"link.die_to_die", 5e10, 1e14},  Plausible{"link.scale_out", 1e8, 2e12},
    Plausible{"board.power", 3, 5000},         Plausible{"market.street_price", 50, 5e5},
};

bool within(double value, double low, double high) { return value >= low && value <= high; }

void lint_range(LintContext& context, const Subject& subject, const FigureFact& fact,
                const Plausible& range) {
  for (const Figure& figure : fact.figures) {
    if (figure.none || !figure.canonical || within(figure.value, range.low, range.high)) continue;
    const std::string expected =
        "between " + fact.text(range.low) + " and " + fact.text(range.high);
    const double factor = figure.value < range.low ? 1e3 : 1e-3;
    const bool prefix = within(figure.value * factor, range.low, range.high);
    report(context, prefix ? Severity::kError : Severity::kWarning,
           prefix ? "off-by-thousand" : "contradiction", subject, fact, figure,
           fact.text(figure.value) + " for one accelerator",
           prefix ? fact.text(figure.value * factor) + "; " + expected : expected);
  }
}

// Bandwidth of the memory of one accelerator by its type, in bytes per second; the first name that
// occurs counts.
constexpr std::array kMemoryTypes{
    Plausible{"hbm4", 1e12, 4e13},     Plausible{"hbm3e", 8e11, 1.2e13},
    Plausible{"hbm3", 4e11, 8e12},     Plausible{"hbm2e", 3e11, 4.5e12},
    Plausible{"hbm2", 2e11, 3e12},     Plausible{"hbm", 1e11, 4e13},
    Plausible{"lpddr", 1e10, 1.2e12},  Plausible{"gddr7", 2e11, 3e12},
    Plausible{"gddr6x", 3e11, 1.5e12}, Plausible{"gddr", 5e10, 1.5e12},
};

void lint_memory_type(LintContext& context, const Subject& subject, const FigureFact& bandwidth) {
  const Figure* used = bandwidth.used();
  const auto type = subject.accelerator->memory_type.value();
  if (used == nullptr || !type) return;
  const std::string text = to_lower(*type);
  for (const Plausible& known : kMemoryTypes) {
    if (text.find(known.path) == std::string::npos) continue;
    if (within(used->value, known.low, known.high)) return;
    const double factor = used->value < known.low ? 1e3 : 1e-3;
    const bool prefix = within(used->value * factor, known.low, known.high);
    report(context, prefix ? Severity::kError : Severity::kWarning,
           prefix ? "off-by-thousand" : "contradiction", subject, bandwidth, *used,
           bandwidth.text(used->value) + " for " + *type,
           "between " + bandwidth.text(known.low) + " and " + bandwidth.text(known.high));
    return;
  }
}

// Arithmetic per byte of memory traffic: 16-bit formats lie between a few and a thousand operations
// per byte.
void lint_ridge(LintContext& context, const Subject& subject) {
  constexpr double kRidgeMin = 4, kRidgeMax = 4000;
  const FigureFact* bandwidth = subject.find("memory.bandwidth");
  const Figure* used = bandwidth != nullptr ? bandwidth->used() : nullptr;
  auto flops = subject.value("peak.bf16");
  if (!flops) flops = subject.value("peak.fp16");
  if (used == nullptr || !flops) return;
  const double ridge = *flops / used->value;
  if (within(ridge, kRidgeMin, kRidgeMax)) return;
  report(context, Severity::kError, "off-by-thousand", subject, *bandwidth, *used,
         "16-bit peak and memory bandwidth make " + number_text(ridge) + " operations a byte",
         "between " + number_text(kRidgeMin) + " and " + number_text(kRidgeMax) +
             "; look at the units of both");
}

// A stack of HBM is read in 25 to 45 ms in every generation, and the stacks are read together.
void lint_hbm_sweep(LintContext& context, const Subject& subject, double seconds) {
  constexpr double kHbmSweepMax = 0.065;
  const auto& type = subject.accelerator->memory_type;
  const auto text = type.value();
  if (seconds <= kHbmSweepMax || !text || to_lower(*text).find("hbm") == std::string::npos) return;
  context.findings.push_back(
      {.severity = Severity::kError,
       .rule = "contradiction",
       .subject = *subject.id,
       .field = "memory.type",
       .what = *text + " whose content takes " + quantity_text(seconds, Seconds::kDim) + " to read",
       .expected = "at most 65 ms, or a slower kind of memory",
       .where = type.used()->where});
}

void lint_sweep(LintContext& context, const Subject& subject, const FigureFact& bandwidth) {
  constexpr double kSweepMin = 1e-3, kSweepMax = 5;  // seconds to read all of the memory once
  const auto memory = subject.value("memory.marketed");
  const Figure* used = bandwidth.used();
  if (used == nullptr || !memory) return;
  const double seconds = *memory / used->value;
  lint_hbm_sweep(context, subject, seconds);
  if (within(seconds, kSweepMin, kSweepMax)) return;
  report(context, Severity::kError, "off-by-thousand", subject, bandwidth, *used,
         "reading all of the memory once takes " + quantity_text(seconds, Seconds::kDim),
         "between 1 ms and 5 s; look at the units of size and bandwidth");
}

}  // namespace

void lint_plausible(LintContext& context, const Subject& subject) {
  for (const Plausible& range : kPlausible) {
    if (const FigureFact* fact = subject.find(range.path)) {
      lint_range(context, subject, *fact, range);
    }
  }
  if (const FigureFact* bandwidth = subject.find("memory.bandwidth")) {
    lint_memory_type(context, subject, *bandwidth);
    lint_sweep(context, subject, *bandwidth);
  }
  lint_ridge(context, subject);
}

void lint_memory(LintContext& context, const Subject& subject) {
  const FigureFact* marketed = subject.find("memory.marketed");
  const FigureFact* usable = subject.find("memory.usable");
  const Figure* printed = marketed != nullptr ? marketed->used() : nullptr;
  const Figure* seen = usable != nullptr ? usable->used() : nullptr;
  if (printed == nullptr || seen == nullptr) return;
  constexpr double kGibPerGb = 1.073741824;
  const std::string what =
      usable->text(seen->value) + " usable of " + marketed->text(printed->value) + " marketed";
  const double limit = printed->value * kGibPerGb;
  if (ratio_is(seen->value, limit, kGibPerGb, 0.005)) {
    report(context, Severity::kError, "gb-gib", subject, *usable, *seen, what,
           usable->text(limit) + ": GiB were counted twice");
  } else if (seen->value > limit * 1.003) {
    report(context, Severity::kError, "contradiction", subject, *usable, *seen, what,
           "at most " + usable->text(limit) + ", the marketed number in GiB");
  } else if (seen->value < printed->value * 0.8) {
    report(context, Severity::kWarning, "contradiction", subject, *usable, *seen, what,
           "at least 80 % of it");
  }
}

void lint_silicon(LintContext& context, const Subject& subject) {
  constexpr double kPerMm2Max = 240e6;  // transistors; 3 nm chips reach 210 million
  const auto transistors = subject.value("chip.transistors");
  const FigureFact* area = subject.find("chip.die_area");
  const Figure* used = area != nullptr ? area->used() : nullptr;
  if (!transistors || used == nullptr) return;
  const double density = *transistors / (used->value * 1e6);
  if (density <= kPerMm2Max) return;
  report(context, Severity::kError, "die-as-module", subject, *area, *used,
         area->text(used->value) + " for " + number_text(*transistors / 1e9) +
             " billion transistors: " + number_text(density / 1e6, 3) + " million a mm²",
         "the area of all dies; no process holds more than " + number_text(kPerMm2Max / 1e6) +
             " million");
}

}  // namespace assay::catalog
