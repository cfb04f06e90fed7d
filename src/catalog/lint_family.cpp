// lint_family.cpp — an accelerator against the others of its family: rate per unit and clock, sizes
// of whole systems.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "catalog/lint_rules.h"

namespace assay::catalog {
namespace {

std::vector<const Subject*> peers_of(const LintContext& context, const Subject& subject) {
  std::vector<const Subject*> peers;
  for (const Subject& other : context.accelerators) {
    if (*other.family == *subject.family && *other.id != *subject.id) peers.push_back(&other);
  }
  return peers;
}

// Operations per compute unit and clock: a constant of the architecture.
std::optional<double> per_unit_clock(const Subject& subject, std::string_view peak) {
  const auto rate = subject.value(peak);
  const auto units = subject.value("chip.compute_units");
  const auto clock = subject.value("chip.boost_clock");
  if (!rate || !units || !clock) return std::nullopt;
  return *rate / (*units * *clock);
}

bool has_sparse_twin(const FigureFact& fact, double dense) {
  for (const Figure& figure : fact.figures) {
    if (figure.basis->sparsity == Sparsity::kSparse && ratio_is(figure.value, dense, 2, 0.03)) {
      return true;
    }
  }
  return false;
}

void lint_unit_rate(LintContext& context, const Subject& subject, const FigureFact& fact,
                    const std::vector<const Subject*>& peers) {
  const Figure* used = fact.used();
  const auto mine = per_unit_clock(subject, fact.path);
  if (used == nullptr || !mine || has_sparse_twin(fact, used->value)) return;
  constexpr std::array kFactors{2.0, 8.0, 16.0, 72.0};
  for (const double factor : kFactors) {
    int same = 0, known = 0;
    for (const Subject* peer : peers) {
      const auto theirs = per_unit_clock(*peer, fact.path);
      if (!theirs) continue;
      ++known;
      if (ratio_is(*mine, *theirs, factor, 0.08)) ++same;
    }
    if (known == 0 || same < known) continue;
    report(context, Severity::kError, factor == 2 ? "sparse-as-dense" : "system-as-card", subject,
           fact, *used,
           fact.text(used->value) + ": per compute unit and clock " + number_text(factor) +
               " × what the family does",
           fact.text(used->value / factor));
  }
}

// A figure that is exactly 8 or 72 times that of a sibling, and of none of them 1 ×.
void lint_multiple(LintContext& context, const Subject& subject, const FigureFact& fact,
                   const std::vector<const Subject*>& peers) {
  const Figure* used = fact.used();
  if (used == nullptr) return;
  const Subject* sibling = nullptr;
  double factor = 0;
  for (const Subject* peer : peers) {
    const auto theirs = peer->value(fact.path);
    if (!theirs) continue;
    if (used->value <= *theirs * 3) return;  // one sibling is of its class
    for (const double cards : {8.0, 16.0, 72.0, 144.0}) {
      if (!ratio_is(used->value, *theirs, cards, 0.005)) continue;
      sibling = peer;
      factor = cards;
    }
  }
  if (sibling == nullptr) return;
  report(context, Severity::kError, "system-as-card", subject, fact, *used,
         fact.text(used->value) + " is " + number_text(factor) + " × that of " + *sibling->id,
         fact.text(used->value / factor) + " for one accelerator");
}

// The dense figure is a sibling's sparse one, at the same power.
void lint_sibling_sparse(LintContext& context, const Subject& subject, const FigureFact& fact,
                         const std::vector<const Subject*>& peers) {
  const Figure* used = fact.used();
  if (used == nullptr || has_sparse_twin(fact, used->value)) return;
  const auto power = subject.value("board.power");
  for (const Subject* peer : peers) {
    const FigureFact* same = peer->find(fact.path);
    const auto theirs = peer->value(fact.path);
    const auto their_power = peer->value("board.power");
    if (!theirs || !power || !their_power || !ratio_is(*power, *their_power, 1, 0.1)) continue;
    if (!ratio_is(used->value, *theirs, 2, 0.005) || !has_sparse_twin(*same, *theirs)) continue;
    report(context, Severity::kError, "sparse-as-dense", subject, fact, *used,
           fact.text(used->value) + " is the sparse figure of " + *peer->id +
               ", which takes the same power",
           fact.text(used->value / 2));
    return;
  }
}

void lint_absent(LintContext& context, const Subject& subject, const FigureFact& fact,
                 const std::vector<const Subject*>& peers) {
  const Figure* used = fact.used();
  if (used == nullptr) return;
  const auto target = subject.accelerator->software_target.value();
  int none = 0;
  for (const Subject* peer : peers) {
    if (!target || peer->accelerator->software_target.value() != target) continue;
    const FigureFact* same = peer->find(fact.path);
    if (same == nullptr || !same->used_index) continue;
    if (!same->figures[*same->used_index].none) return;
    ++none;
  }
  if (none == 0) return;
  report(context, Severity::kWarning, "format-without-hardware", subject, fact, *used,
         fact.text(used->value) + " where others with its instruction set have none",
         "none, or a format that is emulated");
}

}  // namespace

void lint_family(LintContext& context, const Subject& subject) {
  const auto peers = peers_of(context, subject);
  if (peers.empty()) return;
  for (const FigureFact& fact : subject.facts) {
    if (fact.rule == BasisRule::kPeak) {
      lint_unit_rate(context, subject, fact, peers);
      lint_sibling_sparse(context, subject, fact, peers);
      lint_absent(context, subject, fact, peers);
      lint_multiple(context, subject, fact, peers);
    } else if (fact.path == "memory.marketed" || fact.path == "memory.bandwidth" ||
               fact.path == "board.power" || fact.path == "chip.transistors") {
      lint_multiple(context, subject, fact, peers);
    }
  }
}

}  // namespace assay::catalog
