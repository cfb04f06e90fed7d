#include "catalog/used_reading.h"

#include <type_traits>
#include <utility>

#include "base/text.h"

namespace assay::catalog {
namespace {

bool scope_fits(Scope stated, Scope canonical) {
  if (stated == Scope::kSubject || stated == canonical) return true;
  return canonical == Scope::kSystem && stated == Scope::kRack;  // the file of a rack says so
}

bool is_link(BasisRule rule) { return rule == BasisRule::kLink || rule == BasisRule::kPair; }

struct Conversion {
  double factor{1};
  Basis basis;
  std::string text;
};

// What turns a basis into the canonical one, or nothing.
std::optional<Conversion> conversion(const Basis& from, BasisRule rule, Scope scope,
                                     std::optional<double> dies) {
  Conversion result{.basis = from, .text = {}};
  if (from.scope == Scope::kDie && scope == Scope::kAccelerator && dies) {
    result.factor *= *dies;
    result.basis.scope = scope;
    result.text = "per die × " + number_text(*dies) + " dies";
  }
  if (is_link(rule) && from.direction == Direction::kOneWay) {
    result.factor *= 2;
    result.basis.direction = Direction::kBothWays;
    result.text += result.text.empty() ? "one way × 2" : ", one way × 2";
  }
  if (!is_canonical(result.basis, rule, scope)) return std::nullopt;
  return result;
}

// A clock is the same for one die and for two; text has no multiple.
template <class T>
inline constexpr bool kAdds = !std::is_same_v<T, std::string> && !std::is_same_v<T, Hertz>;

}  // namespace

bool is_canonical(const Basis& basis, BasisRule rule, Scope scope) {
  if (!scope_fits(basis.scope, scope)) return false;
  switch (rule) {
    case BasisRule::kNone:
      return true;
    case BasisRule::kPeak:
      return basis.sparsity == Sparsity::kDense && basis.accumulate != Accumulate::kFp16;
    case BasisRule::kLink:
      return basis.direction == Direction::kBothWays && basis.extent == Extent::kAggregate;
    case BasisRule::kPair:
      return basis.direction == Direction::kBothWays && basis.extent == Extent::kPair;
    case BasisRule::kLineRate:
      return basis.direction != Direction::kBothWays;
  }
  return false;
}

template <class T>
void settle(Fact<T>& fact, BasisRule rule, Scope scope, std::optional<double> dies) {
  for (std::size_t i = 0; i < fact.readings.size(); ++i) {
    const Reading<T>& reading = fact.readings[i];
    if (reading.none || is_canonical(reading.basis, rule, scope)) {
      fact.used_index = i;
      return;
    }
  }
  if constexpr (kAdds<T>) {
    for (const Reading<T>& reading : fact.readings) {
      const auto how = conversion(reading.basis, rule, scope, dies);
      if (!how) continue;
      Reading<T> derived = reading;
      derived.value = reading.value * how->factor;
      if (reading.high) derived.high = *reading.high * how->factor;
      derived.basis = how->basis;
      derived.confidence = Confidence::kDerived;
      derived.note = how->text;
      fact.used_index = fact.readings.size();
      fact.readings.push_back(std::move(derived));
      return;
    }
  }
}

template void settle(Fact<std::string>&, BasisRule, Scope, std::optional<double>);
template void settle(Fact<double>&, BasisRule, Scope, std::optional<double>);
template void settle(Fact<Bytes>&, BasisRule, Scope, std::optional<double>);
template void settle(Fact<BytesPerSecond>&, BasisRule, Scope, std::optional<double>);
template void settle(Fact<FlopsPerSecond>&, BasisRule, Scope, std::optional<double>);
template void settle(Fact<Watts>&, BasisRule, Scope, std::optional<double>);
template void settle(Fact<Usd>&, BasisRule, Scope, std::optional<double>);
template void settle(Fact<SquareMetres>&, BasisRule, Scope, std::optional<double>);
template void settle(Fact<Hertz>&, BasisRule, Scope, std::optional<double>);

}  // namespace assay::catalog
