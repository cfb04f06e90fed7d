#include "catalog/figures.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "base/text.h"
#include "base/unit_text.h"
#include "catalog/used_reading.h"

namespace assay::catalog {
namespace {

double base_of(double value) { return value; }

template <Dim D>
double base_of(Quantity<D> value) {
  return value.base();
}

template <class T>
Dim dim_of() {
  if constexpr (std::is_same_v<T, double>) return Dim{};
  else return T::kDim;
}

template <class T>
void add(const Fact<T>& fact, std::string_view path, BasisRule rule, Scope scope,
         std::vector<FigureFact>& facts) {
  if (fact.unknown()) return;
  FigureFact result{
      .path = path, .rule = rule, .dim = dim_of<T>(), .figures = {}, .used_index = fact.used_index};
  for (const Reading<T>& reading : fact.readings) {
    Figure figure{.value = base_of(reading.value),
                  .high = {},
                  .none = reading.none,
                  .basis = &reading.basis,
                  .source = reading.source,
                  .confidence = reading.confidence,
                  .where = &reading.where,
                  .canonical = is_canonical(reading.basis, rule, scope)};
    if (reading.high) figure.high = base_of(*reading.high);
    result.figures.push_back(figure);
  }
  facts.push_back(std::move(result));
}

template <class Fields, class From>
std::vector<FigureFact> facts_of(const Fields& fields, const From& from) {
  std::vector<FigureFact> facts;
  for (const auto& field : fields) {
    std::visit(
        [&](const auto* fact) {
          if constexpr (!std::is_same_v<decltype(fact), const Fact<std::string>*>) {
            add(*fact, field.path, field.basis_rule, field.accepts.scope, facts);
          }
        },
        field.of(from));
  }
  return facts;
}

}  // namespace

const Figure* FigureFact::used() const {
  if (!used_index) return nullptr;
  const Figure& figure = figures[*used_index];
  return figure.none || figure.high ? nullptr : &figure;
}

std::string FigureFact::text(double value) const {
  std::string text = dim == Dim{} ? number_text(value) : quantity_text(value, dim);
  if (path.starts_with("peak.int")) {
    if (const std::size_t flop = text.find("FLOP"); flop != std::string::npos) {
      text.replace(flop, 4, "OP");  // integers are no floating-point operations
    }
  }
  return text;
}

const FigureFact* Subject::find(std::string_view path) const {
  for (const FigureFact& fact : facts) {
    if (fact.path == path) return &fact;
  }
  return nullptr;
}

std::optional<double> Subject::value(std::string_view path) const {
  const FigureFact* fact = find(path);
  const Figure* used = fact != nullptr ? fact->used() : nullptr;
  if (used == nullptr) return std::nullopt;
  return used->value;
}

Subject subject_of(const Accelerator& accelerator) {
  return {.id = &accelerator.id,
          .family = &accelerator.family,
          .where = &accelerator.where,
          .accelerator = &accelerator,
          .system = nullptr,
          .seen_in_print = &accelerator.seen_in_print,
          .facts = facts_of(accelerator_fields(), accelerator)};
}

Subject subject_of(const System& system) {
  return {.id = &system.id,
          .family = nullptr,
          .where = &system.where,
          .accelerator = nullptr,
          .system = &system,
          .seen_in_print = &system.seen_in_print,
          .facts = facts_of(system_fields(), system)};
}

}  // namespace assay::catalog
