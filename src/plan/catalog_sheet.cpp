#include "plan/catalog_sheet.h"

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "catalog/derived.h"

namespace assay::plan {
namespace {

using catalog::Accelerator;
using catalog::Catalog;
using catalog::Confidence;
using catalog::Peak;
using catalog::System;
using State = CatalogFigure::State;

constexpr int kNestingMax = 8;  // of systems in systems

void set_value(CatalogFigure& figure, const std::string& value) {
  figure.state = State::kText;
  figure.text = value;
}

void set_value(CatalogFigure& figure, double value) {
  figure.state = State::kNumber;
  figure.value = value;
}

template <Dim D>
void set_value(CatalogFigure& figure, Quantity<D> value) {
  figure.state = State::kNumber;
  figure.value = value.base();
  figure.dim = D;
}

double base_of(double value) { return value; }

template <Dim D>
double base_of(Quantity<D> value) {
  return value.base();
}

template <class T>
CatalogFigure figure_of(const Catalog& catalog, const catalog::Reading<T>& reading) {
  CatalogFigure figure;
  set_value(figure, reading.value);
  if constexpr (!std::is_same_v<T, std::string>) {
    if (reading.high) {
      figure.state = State::kRange;
      figure.high = base_of(*reading.high);
    }
  }
  if (reading.none) figure.state = State::kNone;
  figure.basis = to_text(reading.basis);
  figure.confidence = reading.confidence;
  figure.source = catalog.source(reading.source).id;
  figure.as_printed = reading.as_printed;
  figure.note = reading.note;
  figure.where = reading.where;
  return figure;
}

std::vector<CatalogFigure> readings_of(const Catalog& catalog, const catalog::FactRef& ref) {
  return std::visit(
      [&](const auto* fact) {
        std::vector<CatalogFigure> figures;
        for (const auto& reading : fact->readings) figures.push_back(figure_of(catalog, reading));
        if (fact->used_index) {
          const auto used = figures.begin() + static_cast<std::ptrdiff_t>(*fact->used_index);
          used->used = true;
          std::rotate(figures.begin(), used, used + 1);
        }
        return figures;
      },
      ref);
}

CatalogFigure derived(double value, Dim dim, std::string from) {
  return {.state = State::kNumber,
          .value = value,
          .dim = dim,
          .text = {},
          .basis = {},
          .confidence = Confidence::kDerived,
          .source = {},
          .from = std::move(from),
          .as_printed = {},
          .note = {},
          .where = {},
          .used = true};
}

template <Dim D>
std::optional<CatalogFigure> derived(std::optional<Quantity<D>> value, std::string from) {
  if (!value) return std::nullopt;
  return derived(value->base(), D, std::move(from));
}

std::optional<CatalogFigure> derived(std::optional<double> value, std::string from) {
  if (!value) return std::nullopt;
  return derived(*value, Dim{}, std::move(from));
}

std::optional<Peak> peak_after(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  for (std::size_t i = 0; i < catalog::kPeakCount; ++i) {
    const auto peak = static_cast<Peak>(i);
    if (path.substr(prefix.size()) == name(peak)) return peak;
  }
  return std::nullopt;
}

constexpr std::string_view kRidge = "ridge.", kPerJoule = "flop_per_joule.";

std::optional<CatalogFigure> derived_figure(const Accelerator& a, std::string_view path) {
  if (const auto peak = peak_after(path, kRidge)) {
    return derived(ridge_point(a, *peak), fmt::format("peak.{} / memory.bandwidth", name(*peak)));
  }
  if (const auto peak = peak_after(path, kPerJoule)) {
    return derived(flops_per_joule(a, *peak), fmt::format("peak.{} / board.power", name(*peak)));
  }
  if (path == "memory.usable") {
    const auto usable = usable_memory(a);
    if (!usable || !usable->derived) return std::nullopt;
    return derived(usable->bytes.base(), Bytes::kDim, "memory.marketed; " + usable->from);
  }
  if (path == "link.one_way") {
    return derived(link_bandwidth_one_way(a), "link.bandwidth / 2");
  }
  if (path == "tpp") {
    return derived(total_processing_performance(a), "largest dense peak in TOP/s × its bits");
  }
  if (path == "performance_density") {
    return derived(performance_density(a), "tpp / chip.die_area in mm²");
  }
  const auto price = a.street_price.value();
  if (path == "bandwidth_per_usd" && price) {
    return derived(bandwidth_per_usd(a, *price), "memory.bandwidth / market.street_price, B/s/USD");
  }
  return std::nullopt;
}

template <class Fields, class Subject>
std::optional<catalog::FactRef> field_of(const Fields& fields, const Subject& subject,
                                         std::string_view path) {
  for (const auto& field : fields) {
    if (field.path == path) return field.of(subject);
  }
  return std::nullopt;
}

// One accelerator's figure that adds up over a system.
struct Sum {
  std::string_view path, title, of;
};
constexpr std::array kSums{
    Sum{"sum.memory", "memory of all accelerators", "memory.marketed"},
    Sum{"sum.memory_bandwidth", "memory bandwidth of all accelerators", "memory.bandwidth"},
    Sum{"sum.bf16", "BF16 of all accelerators", "peak.bf16"},
    Sum{"sum.fp8", "FP8 of all accelerators", "peak.fp8"},
    Sum{"sum.fp4", "FP4 of all accelerators", "peak.fp4"},
    Sum{"sum.fp64", "FP64 matrix of all accelerators", "peak.fp64_matrix"},
    Sum{"sum.power", "power of all accelerator boards", "board.power"},
};

std::optional<CatalogFigure> sum_figure(const Catalog& catalog, const System& system,
                                        std::string_view path) {
  const auto* sum =
      std::find_if(kSums.begin(), kSums.end(), [path](const Sum& s) { return s.path == path; });
  if (sum == kSums.end()) return std::nullopt;
  const auto parts = composition(catalog, system);
  if (parts.empty()) return std::nullopt;
  CatalogFigure total = derived(0, Dim{}, "");
  for (const AcceleratorCount& part : parts) {
    const CatalogFigure one = accelerator_figure(catalog, *part.accelerator, sum->of);
    if (one.state != State::kNumber) return std::nullopt;
    total.value += one.value * part.count;
    total.dim = one.dim;
    total.basis = one.basis;
    total.from += fmt::format("{}{} × {} of {}", total.from.empty() ? "" : " + ", part.count,
                              sum->of, part.accelerator->id);
  }
  return total;
}

// Adds the accelerators of `system`, `times` over; false when some are not known.
bool add_parts(const Catalog& catalog, const System& system, int times, int nesting,
               std::vector<AcceleratorCount>& into) {
  if (!system.accelerator.empty()) {
    const Accelerator* accelerator = catalog.accelerator(system.accelerator);
    if (accelerator == nullptr || system.accelerators <= 0) return false;
    for (AcceleratorCount& part : into) {
      if (part.accelerator != accelerator) continue;
      part.count += times * system.accelerators;
      return true;
    }
    into.push_back({accelerator, times * system.accelerators});
    return true;
  }
  if (system.parts.empty() || nesting == 0) return false;
  return std::all_of(system.parts.begin(), system.parts.end(), [&](const auto& part) {
    const System* inner = catalog.system(part.system);
    return inner != nullptr && add_parts(catalog, *inner, times * part.count, nesting - 1, into);
  });
}

std::vector<FigureName> names_of_accelerators() {
  std::vector<FigureName> names;
  for (const auto& field : catalog::accelerator_fields()) {
    names.push_back({std::string{field.path}, std::string{field.title}, false});
  }
  for (std::size_t i = 0; i < catalog::kPeakCount; ++i) {
    const std::string peak{name(static_cast<Peak>(i))};
    names.push_back({std::string{kRidge} + peak, "ridge point " + peak, true});
  }
  for (std::size_t i = 0; i < catalog::kPeakCount; ++i) {
    const std::string peak{name(static_cast<Peak>(i))};
    names.push_back({std::string{kPerJoule} + peak, peak + " per joule", true});
  }
  names.push_back({"link.one_way", "link bandwidth, one way", true});
  names.push_back({"tpp", "total processing performance", true});
  names.push_back({"performance_density", "performance density", true});
  names.push_back({"bandwidth_per_usd", "memory bandwidth per dollar", true});
  return names;
}

std::vector<FigureName> names_of_systems() {
  std::vector<FigureName> names;
  for (const auto& field : catalog::system_fields()) {
    names.push_back({std::string{field.path}, std::string{field.title}, false});
  }
  for (const Sum& sum : kSums) {
    names.push_back({std::string{sum.path}, std::string{sum.title}, true});
  }
  return names;
}

CatalogFigure used_of(std::vector<CatalogFigure> readings) {
  if (readings.empty() || !readings.front().used) return {};
  return std::move(readings.front());
}

}  // namespace

std::span<const FigureName> accelerator_figure_names() {
  static const std::vector<FigureName> kNames = names_of_accelerators();
  return kNames;
}

std::span<const FigureName> system_figure_names() {
  static const std::vector<FigureName> kNames = names_of_systems();
  return kNames;
}

std::vector<CatalogFigure> accelerator_readings(const Catalog& catalog,
                                                const Accelerator& accelerator,
                                                std::string_view path) {
  std::vector<CatalogFigure> readings;
  if (const auto field = field_of(catalog::accelerator_fields(), accelerator, path)) {
    readings = readings_of(catalog, *field);
  }
  if (readings.empty() || !readings.front().used) {
    auto figure = derived_figure(accelerator, path);
    if (figure) readings.insert(readings.begin(), std::move(*figure));
  }
  return readings;
}

std::vector<CatalogFigure> system_readings(const Catalog& catalog, const System& system,
                                           std::string_view path) {
  if (const auto field = field_of(catalog::system_fields(), system, path)) {
    return readings_of(catalog, *field);
  }
  if (auto figure = sum_figure(catalog, system, path)) return {std::move(*figure)};
  return {};
}

CatalogFigure accelerator_figure(const Catalog& catalog, const Accelerator& accelerator,
                                 std::string_view path) {
  return used_of(accelerator_readings(catalog, accelerator, path));
}

CatalogFigure system_figure(const Catalog& catalog, const System& system, std::string_view path) {
  return used_of(system_readings(catalog, system, path));
}

std::vector<AcceleratorCount> composition(const Catalog& catalog, const System& system) {
  std::vector<AcceleratorCount> parts;
  if (!add_parts(catalog, system, 1, kNestingMax, parts)) return {};
  return parts;
}

}  // namespace assay::plan
