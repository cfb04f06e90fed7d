#include "catalog/fact.h"

#include <array>
#include <cstddef>

#include "base/assert.h"
#include "base/nearest.h"
#include "base/text.h"

namespace assay::catalog {
namespace {

struct ConfidenceName {
  Confidence confidence;
  std::string_view code, name;
};

constexpr std::array kConfidences{
    ConfidenceName{Confidence::kDatasheet, "DS", "datasheet"},
    ConfidenceName{Confidence::kVendorDocument, "VD", "vendor-doc"},
    ConfidenceName{Confidence::kOfficialRule, "OR", "official-rule"},
    ConfidenceName{Confidence::kMeasured, "ME", "measured"},
    ConfidenceName{Confidence::kThirdParty, "TP", "third-party"},
    ConfidenceName{Confidence::kDerived, "DE", "derived"},
    ConfidenceName{Confidence::kRumour, "RU", "rumour"},
    ConfidenceName{Confidence::kAssumed, "AS", "assumed"},
};

const ConfidenceName& names_of(Confidence confidence) {
  const ConfidenceName& found = kConfidences[static_cast<std::size_t>(confidence)];
  ASSAY_ASSERT(found.confidence == confidence);
  return found;
}

// One word of a basis and what it states; in the order in which to_text prints.
struct BasisWord {
  std::string_view word;
  Basis states;
};

constexpr std::array kBasisWords{
    BasisWord{"dense", {.sparsity = Sparsity::kDense}},
    BasisWord{"sparse", {.sparsity = Sparsity::kSparse}},
    BasisWord{"per die", {.scope = Scope::kDie}},
    BasisWord{"per accelerator", {.scope = Scope::kAccelerator}},
    BasisWord{"per superchip", {.scope = Scope::kSuperchip}},
    BasisWord{"per system", {.scope = Scope::kSystem}},
    BasisWord{"per rack", {.scope = Scope::kRack}},
    BasisWord{"one way", {.direction = Direction::kOneWay}},
    BasisWord{"both ways", {.direction = Direction::kBothWays}},
    BasisWord{"per link", {.extent = Extent::kLink}},
    BasisWord{"per pair", {.extent = Extent::kPair}},
    BasisWord{"aggregate", {.extent = Extent::kAggregate}},
    BasisWord{"fp32 accumulate", {.accumulate = Accumulate::kFp32}},
    BasisWord{"fp16 accumulate", {.accumulate = Accumulate::kFp16}},
};

// Applies `f` to each axis of two bases; axes are enums of different types.
template <class B, class F>
void each_axis(B& a, const Basis& b, F f) {
  f(a.sparsity, b.sparsity);
  f(a.scope, b.scope);
  f(a.direction, b.direction);
  f(a.extent, b.extent);
  f(a.accumulate, b.accumulate);
}

bool states(const Basis& basis, const Basis& word) {
  bool said = false;
  each_axis(basis, word, [&](auto mine, auto wanted) {
    if (wanted != decltype(wanted){} && mine == wanted) said = true;
  });
  return said;
}

// False where `basis` already states something on the axis of `word`.
bool add(Basis& basis, const Basis& word) {
  bool free = true;
  each_axis(basis, word, [&](auto& mine, auto wanted) {
    if (wanted == decltype(wanted){}) return;
    if (mine != decltype(wanted){}) free = false;
    mine = wanted;
  });
  return free;
}

Error unknown_word(std::string_view kind, std::string_view word, std::vector<std::string> known) {
  return {.what = "unknown " + std::string(kind) + " '" + std::string(word) + "'",
          .expected = one_of(known),
          .near = nearest(word, known, 1),
          .where = {}};
}

}  // namespace

std::string_view code(Confidence confidence) { return names_of(confidence).code; }

std::string_view name(Confidence confidence) { return names_of(confidence).name; }

Result<Confidence> parse_confidence(std::string_view word) {
  std::vector<std::string> known;
  for (const ConfidenceName& candidate : kConfidences) {
    if (candidate.name == word) return candidate.confidence;
    known.emplace_back(candidate.name);
  }
  return tl::unexpected(unknown_word("confidence", word, std::move(known)));
}

std::string to_text(const Basis& basis) {
  std::string text;
  for (const BasisWord& word : kBasisWords) {
    if (!states(basis, word.states)) continue;
    if (!text.empty()) text += ", ";
    text += word.word;
  }
  return text;
}

Result<Basis> parse_basis(std::string_view words) {
  Basis basis;
  for (const std::string_view word : split(words, ',')) {
    const BasisWord* found = nullptr;
    for (const BasisWord& candidate : kBasisWords) {
      if (candidate.word == word) found = &candidate;
    }
    if (found == nullptr) {
      std::vector<std::string> known;
      for (const BasisWord& candidate : kBasisWords) known.emplace_back(candidate.word);
      return tl::unexpected(unknown_word("basis word", word, std::move(known)));
    }
    if (!add(basis, found->states)) {
      return tl::unexpected(Error{
          .what = "'" + std::string(word) + "' contradicts another word of '" + std::string(words) +
                  "'",
          .expected = "one word for each of sparsity, scope, direction, extent and accumulation",
          .near = {},
          .where = {}});
    }
  }
  return basis;
}

}  // namespace assay::catalog
