// lint_system.cpp — links by their own arithmetic, and a system against the accelerators that it is
// made of.
#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "base/text.h"
#include "catalog/lint_rules.h"

namespace assay::catalog {
namespace {

// Two figures that must be equal, and are not: says by what factor, in the words of the rule that
// fits.
void compare(LintContext& context, const Subject& subject, const FigureFact& fact,
             const Figure& figure, double expected, const std::string& from, double tolerance) {
  if (ratio_is(figure.value, expected, 1, tolerance)) return;
  const std::string what =
      fact.text(figure.value) + " against " + fact.text(expected) + " = " + from;
  const auto found = suspect(
      fact, {.value = figure.value,
             .trusted = expected,
             .accelerators = subject.system != nullptr ? subject.system->accelerators * 1.0 : 0});
  report(context, found ? Severity::kError : Severity::kWarning,
         found ? found->rule : "contradiction", subject, fact, figure, what,
         fact.text(expected) + (found ? ": " + found->why : ""));
}

std::string product(double count, const std::string& each) {
  return number_text(count) + " × " + each;
}

// Readings of other bases convert into the used one by known factors.
void lint_directions(LintContext& context, const Subject& subject, const FigureFact& fact) {
  const Figure* used = fact.used();
  const auto count = subject.value("link.count");
  if (used == nullptr) return;
  for (const Figure& other : fact.figures) {
    if (other.none || other.high || other.canonical) continue;
    if (other.basis->scope != Scope::kSubject && other.basis->scope != Scope::kAccelerator)
      continue;
    double value = other.value;
    if (other.basis->direction == Direction::kOneWay) value *= 2;
    if (other.basis->extent == Extent::kLink && count) value *= *count;
    else if (other.basis->extent != used->basis->extent) continue;
    compare(context, subject, fact, *used, value,
            fact.text(other.value) + " " + to_text(*other.basis), 0.03);
  }
}

// A mesh of n gives each accelerator n − 1 pairs. The number of links counts the pairs only where
// each is one link.
void lint_mesh(LintContext& context, const Subject& subject, std::optional<double> peers) {
  const FigureFact* aggregate = subject.find("link.bandwidth");
  const auto pair = subject.value("link.pair_bandwidth");
  if (aggregate == nullptr || aggregate->used() == nullptr || !pair || !peers || *peers < 2) return;
  compare(context, subject, *aggregate, *aggregate->used(), *pair * *peers,
          product(*peers, aggregate->text(*pair) + " per pair"), 0.03);
}

// Both ways, all lanes: PCIe 3.0 to 6.0 after encoding.
std::optional<double> pcie_both_ways(const std::string& text) {
  constexpr std::array<double, 4> kPerLane{0.985e9, 1.969e9, 3.938e9, 7.563e9};
  const std::size_t x = text.find(" x");
  double lanes = 0;
  if (x == std::string::npos || text.empty() || text[0] < '3' || text[0] > '6') return std::nullopt;
  const std::string_view tail = std::string_view(text).substr(x + 2);
  if (!parse_double(tail.substr(0, tail.find(' ')), lanes)) return std::nullopt;
  return kPerLane[static_cast<std::size_t>(text[0] - '3')] * lanes * 2;
}

void lint_pcie(LintContext& context, const Subject& subject) {
  const auto topology = subject.accelerator->link_topology.value();
  const auto pcie = subject.accelerator->pcie.value();
  const FigureFact* link = subject.find("link.bandwidth");
  const auto kind = subject.accelerator->link_kind.value();
  if (!kind || kind->find("PCIe") == std::string::npos) return;
  if (topology != "pcie" || !pcie || link == nullptr || link->used() == nullptr) return;
  const auto expected = pcie_both_ways(*pcie);
  if (!expected) return;
  compare(context, subject, *link, *link->used(), *expected, "PCIe " + *pcie + " both ways", 0.08);
}

bool same_link(const Accelerator& a, const Accelerator& b) {
  const auto kind = a.link_kind.value(), architecture = a.architecture.value();
  return kind && architecture && kind == b.link_kind.value() &&
         architecture == b.architecture.value();
}

// A link of one generation carries the same on every chip of an architecture; half of it is one
// way.
void lint_per_link(LintContext& context, const Subject& subject) {
  const FigureFact* link = subject.find("link.bandwidth");
  const auto count = subject.value("link.count");
  if (link == nullptr || link->used() == nullptr || !count) return;
  const double mine = link->used()->value / *count;
  for (const Subject& other : context.accelerators) {
    if (*other.id == *subject.id || !same_link(*other.accelerator, *subject.accelerator)) continue;
    const auto their_link = other.value("link.bandwidth");
    const auto their_count = other.value("link.count");
    if (!their_link || !their_count) continue;
    if (!ratio_is(*their_link / *their_count, mine, 2)) continue;
    report(context, Severity::kError, "two-bases", subject, *link, *link->used(),
           link->text(mine) + " a link, half of that of " + *other.id,
           "one way and both ways differ by two");
    return;
  }
}

// Power of the cards alone cannot exceed that of the system that holds them.
void lint_power(LintContext& context, const Subject& system, const Subject& card) {
  const FigureFact* whole = system.find("board.power");
  const FigureFact* each = card.find("board.power");
  if (whole == nullptr || each == nullptr || !whole->used() || !each->used()) return;
  const double cards = each->used()->value * system.system->accelerators;
  if (cards <= whole->used()->value * 1.02) return;
  report(
      context, cards > whole->used()->value * 1.3 ? Severity::kError : Severity::kWarning,
      "superchip-as-system", system, *whole, *whole->used(),
      whole->text(whole->used()->value) + " for " +
          product(system.system->accelerators, *card.id + " of " + each->text(each->used()->value)),
      "more than " + whole->text(cards) + ", or a card takes less");
}

void lint_total(LintContext& context, const Subject& system, const Subject& card,
                std::string_view total, std::string_view each, double tolerance) {
  const FigureFact* whole = system.find(total);
  const auto one = card.value(each);
  if (whole == nullptr || !one) return;
  for (const Figure& figure : whole->figures) {
    const Scope scope = figure.basis->scope;
    if (figure.none || figure.high || scope == Scope::kAccelerator || scope == Scope::kDie)
      continue;
    if (figure.basis->accumulate == Accumulate::kFp16) continue;
    if (figure.canonical && &figure != whole->used()) continue;  // a conflict, reported as such
    const bool sparse = figure.basis->sparsity == Sparsity::kSparse;
    const double count = system.system->accelerators * (sparse ? 2.0 : 1.0);
    if (sparse && sparse_gain_is_usual(figure.value / *one * 2 / count)) continue;
    compare(context, system, *whole, figure, *one * count,
            product(count, *card.id + " of " + whole->text(*one)), tolerance);
  }
}

void lint_counts(LintContext& context, const Subject& system) {
  const double count = system.system->accelerators;
  for (const std::string_view path : {"link.domain", "host.accelerators_per_node"}) {
    const FigureFact* fact = system.find(path);
    if (fact == nullptr || fact->used() == nullptr || count <= 1) continue;
    if (fact->used()->value <= count) continue;
    report(context, Severity::kError, "contradiction", system, *fact, *fact->used(),
           number_text(fact->used()->value) + " of " + number_text(count) + " accelerators",
           "at most as many as the system has");
  }
}

}  // namespace

void lint_links(LintContext& context, const Subject& subject) {
  for (const FigureFact& fact : subject.facts) {
    if (fact.rule == BasisRule::kLink || fact.rule == BasisRule::kPair) {
      lint_directions(context, subject, fact);
    }
  }
  if (subject.accelerator != nullptr) {
    if (subject.accelerator->link_topology.value() == "mesh") {
      lint_mesh(context, subject, subject.value("link.count"));
    }
    lint_pcie(context, subject);
    lint_per_link(context, subject);
  } else if (subject.system->accelerators > 1 && subject.system->link_topology.value() == "mesh") {
    const auto domain = subject.value("link.domain");
    lint_mesh(context, subject, domain ? std::optional{*domain - 1} : std::nullopt);
  }
}

void lint_system(LintContext& context, const Subject& system) {
  lint_counts(context, system);
  const Accelerator* accelerator = system.system->accelerator.empty()
                                       ? nullptr
                                       : context.catalog.accelerator(system.system->accelerator);
  if (accelerator == nullptr) return;
  const Subject card = subject_of(*accelerator);
  lint_power(context, system, card);
  lint_total(context, system, card, "total.memory", "memory.marketed", 0.08);
  lint_total(context, system, card, "total.memory_bandwidth", "memory.bandwidth", 0.05);
  lint_total(context, system, card, "total.bf16", "peak.bf16", 0.05);
  lint_total(context, system, card, "total.fp8", "peak.fp8", 0.05);
  lint_total(context, system, card, "total.fp4", "peak.fp4", 0.05);
  const FigureFact* link = system.find("link.bandwidth");
  const auto card_link = card.value("link.bandwidth");
  const auto topology = system.system->link_topology.value();
  if (link != nullptr && link->used() != nullptr && card_link &&
      topology == accelerator->link_topology.value()) {
    compare(context, system, *link, *link->used(), *card_link, "that of " + *card.id, 0.03);
  }
  const FigureFact* total = system.find("link.total");
  const auto each =
      link != nullptr && link->used() != nullptr ? std::optional{link->used()->value} : card_link;
  if (total != nullptr && total->used() != nullptr && each) {
    const double count = system.system->accelerators;
    compare(context, system, *total, *total->used(), *each * count,
            product(count, total->text(*each)), 0.05);
  }
}

}  // namespace assay::catalog
