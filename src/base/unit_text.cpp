#include "base/unit_text.h"

#include <array>
#include <cmath>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"

namespace assay {

namespace {

struct Unit {
  std::string_view name;
  double factor;
};

struct Dimension {
  Dim dim;
  std::string_view noun;     // "a duration"
  std::string_view example;  // "300 ms"
  std::span<const Unit> units;
};

constexpr double kGi = 1073741824.0;

constexpr std::array kTime{Unit{"s", 1},
                           Unit{"ms", 1e-3},
                           Unit{"us", 1e-6},
                           Unit{"µs", 1e-6},
                           Unit{"μs", 1e-6},
                           Unit{"ns", 1e-9},
                           Unit{"min", 60},
                           Unit{"h", 3600},
                           Unit{"hour", 3600},
                           Unit{"hours", 3600},
                           Unit{"d", 86400},
                           Unit{"day", 86400},
                           Unit{"days", 86400},
                           Unit{"month", 730 * 3600.0},
                           Unit{"months", 730 * 3600.0},
                           Unit{"year", 8760 * 3600.0},
                           Unit{"years", 8760 * 3600.0}};
constexpr std::array kRate{
    Unit{"/s", 1},         Unit{"req/s", 1},         Unit{"requests/s", 1},
    Unit{"tokens/s", 1},   Unit{"/min", 1 / 60.},    Unit{"req/min", 1 / 60.},
    Unit{"/h", 1 / 3600.}, Unit{"req/h", 1 / 3600.}, Unit{"Hz", 1},
    Unit{"MHz", 1e6},      Unit{"GHz", 1e9}};
constexpr std::array kBytes{Unit{"B", 1},     Unit{"kB", 1e3},        Unit{"KB", 1e3},
                            Unit{"MB", 1e6},  Unit{"GB", 1e9},        Unit{"TB", 1e12},
                            Unit{"PB", 1e15}, Unit{"KiB", 1024},      Unit{"MiB", 1048576},
                            Unit{"GiB", kGi}, Unit{"TiB", kGi * 1024}};
constexpr std::array kBandwidth{Unit{"B/s", 1},
                                Unit{"MB/s", 1e6},
                                Unit{"GB/s", 1e9},
                                Unit{"TB/s", 1e12},
                                Unit{"PB/s", 1e15},
                                Unit{"GiB/s", kGi},
                                Unit{"TiB/s", kGi * 1024},
                                Unit{"Mbit/s", 1e6 / 8},
                                Unit{"Gbit/s", 1e9 / 8},
                                Unit{"Tbit/s", 1e12 / 8},
                                Unit{"Gb/s", 1e9 / 8},
                                Unit{"Tb/s", 1e12 / 8}};
constexpr std::array kFlops{Unit{"FLOP", 1},     Unit{"GFLOP", 1e9},  Unit{"TFLOP", 1e12},
                            Unit{"PFLOP", 1e15}, Unit{"EFLOP", 1e18}, Unit{"ZFLOP", 1e21}};
constexpr std::array kFlopRate{Unit{"FLOP/s", 1},     Unit{"GFLOP/s", 1e9},  Unit{"TFLOP/s", 1e12},
                               Unit{"PFLOP/s", 1e15}, Unit{"EFLOP/s", 1e18}, Unit{"TOP/s", 1e12},
                               Unit{"POP/s", 1e15},   Unit{"GFLOPS", 1e9},   Unit{"TFLOPS", 1e12},
                               Unit{"PFLOPS", 1e15},  Unit{"EFLOPS", 1e18},  Unit{"TOPS", 1e12},
                               Unit{"POPS", 1e15}};
constexpr std::array kPower{Unit{"W", 1}, Unit{"kW", 1e3}, Unit{"MW", 1e6}, Unit{"GW", 1e9},
                            Unit{"mW", 1e-3}};
constexpr std::array kEnergy{Unit{"J", 1},     Unit{"kJ", 1e3},    Unit{"mJ", 1e-3},
                             Unit{"Wh", 3600}, Unit{"kWh", 3.6e6}, Unit{"MWh", 3.6e9}};
constexpr std::array kMoney{Unit{"USD", 1}, Unit{"$", 1}, Unit{"kUSD", 1e3}, Unit{"MUSD", 1e6}};
constexpr std::array kMoneyRate{Unit{"USD/s", 1},
                                Unit{"USD/h", 1 / 3600.},
                                Unit{"USD/hour", 1 / 3600.},
                                Unit{"USD/month", 1 / (730 * 3600.)},
                                Unit{"USD/year", 1 / (8760 * 3600.)},
                                Unit{"$/h", 1 / 3600.},
                                Unit{"$/hour", 1 / 3600.},
                                Unit{"$/month", 1 / (730 * 3600.)},
                                Unit{"$/year", 1 / (8760 * 3600.)}};
constexpr std::array kArea{Unit{"mm2", 1e-6}, Unit{"mm²", 1e-6}, Unit{"cm2", 1e-4}, Unit{"m2", 1}};
constexpr std::array kIntensity{Unit{"FLOP/B", 1}};
constexpr std::array kEfficiency{Unit{"FLOP/J", 1}, Unit{"GFLOP/J", 1e9}, Unit{"TFLOP/J", 1e12}};
constexpr std::array kCount{Unit{"", 1},          Unit{"thousand", 1e3},  Unit{"million", 1e6},
                            Unit{"billion", 1e9}, Unit{"trillion", 1e12}, Unit{"K", 1e3},
                            Unit{"M", 1e6},       Unit{"B", 1e9},         Unit{"T", 1e12},
                            Unit{"%", 0.01},      Unit{"tokens", 1}};

constexpr std::array kDimensions{
    Dimension{Seconds::kDim, "a duration", "300 ms", kTime},
    Dimension{Hertz::kDim, "a rate", "10 /s", kRate},
    Dimension{Bytes::kDim, "a size in bytes", "141 GB", kBytes},
    Dimension{BytesPerSecond::kDim, "a bandwidth", "4.8 TB/s", kBandwidth},
    Dimension{Flops::kDim, "a number of operations", "3 PFLOP", kFlops},
    Dimension{FlopsPerSecond::kDim, "a rate of operations", "989 TFLOP/s", kFlopRate},
    Dimension{Watts::kDim, "a power", "700 W", kPower},
    Dimension{Joules::kDim, "an energy", "5 kWh", kEnergy},
    Dimension{Usd::kDim, "an amount of money", "30000 USD", kMoney},
    Dimension{UsdPerSecond::kDim, "a price per time", "2.50 USD/hour", kMoneyRate},
    Dimension{SquareMetres::kDim, "an area", "814 mm2", kArea},
    Dimension{FlopsPerByte::kDim, "an arithmetic intensity", "295 FLOP/B", kIntensity},
    Dimension{FlopsPerJoule::kDim, "operations per energy", "1.4 TFLOP/J", kEfficiency},
    Dimension{Dim{}, "a count", "80 billion", kCount},
};

const Dimension* find_dimension(Dim dim) {
  for (const Dimension& d : kDimensions) {
    if (d.dim == dim) return &d;
  }
  return nullptr;
}

const Unit* find_unit(const Dimension& dimension, std::string_view name) {
  for (const Unit& unit : dimension.units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

bool digit_at(std::string_view text, std::size_t i) {
  return i < text.size() && text[i] >= '0' && text[i] <= '9';
}

// The number that a text begins with, without its thousands separators.
struct Number {
  std::size_t length{};  // in the text; 0 when it does not begin with a number
  std::string digits;
};

// "1,234,567": groups of three behind one to three digits; anything else ends at the first comma.
std::size_t integer_length(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  while (digit_at(text, end)) ++end;
  if (end - begin > 3 || end == begin) return end - begin;
  const auto group = [&] {
    return end < text.size() && text[end] == ',' && digit_at(text, end + 1) &&
           digit_at(text, end + 2) && digit_at(text, end + 3) && !digit_at(text, end + 4);
  };
  while (group()) end += 4;
  return end - begin;
}

Number leading_number(std::string_view text) {
  std::size_t i = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const std::size_t first = i;
  i += integer_length(text, i);
  const bool has_integer = i > first;
  if (i < text.size() && text[i] == '.' && digit_at(text, i + 1)) {
    for (++i; digit_at(text, i);) ++i;
  } else if (!has_integer) {
    return {};
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    const bool sign = i + 1 < text.size() && (text[i + 1] == '-' || text[i + 1] == '+');
    std::size_t end = i + (sign ? 2 : 1);
    if (digit_at(text, end)) {
      while (digit_at(text, end)) ++end;
      i = end;
    }
  }
  Number number{i, ""};
  for (const char c : text.substr(0, i)) {
    if (c != ',') number.digits += c;
  }
  return number;
}

Error input_error(std::string what, std::string expected, std::vector<std::string> near = {}) {
  return {.what = std::move(what),
          .expected = std::move(expected),
          .near = std::move(near),
          .where = {}};
}

// The unit is known, but to another dimension: say to which.
Error wrong_unit(std::string_view text, std::string_view unit, const Dimension& wanted) {
  for (const Dimension& other : kDimensions) {
    if (&other != &wanted && !unit.empty() && find_unit(other, unit) != nullptr) {
      return input_error(fmt::format("'{}' is {}", excerpt(text), other.noun),
                         describe(wanted.dim));
    }
  }
  if (unit.empty())
    return input_error(fmt::format("'{}' has no unit", excerpt(text)), describe(wanted.dim));
  std::vector<std::string> names;
  for (const Unit& u : wanted.units) {
    if (!u.name.empty()) names.emplace_back(u.name);
  }
  return input_error(fmt::format("'{}' has the unknown unit '{}'", excerpt(text), excerpt(unit)),
                     describe(wanted.dim), nearest(unit, names));
}

// A unit to print in, and from which size on: that of the data sheets, not always the largest.
struct PrintUnit {
  std::string_view name;
  double factor;
  double from = factor;
};

std::string scaled(double value, int digits, std::span<const PrintUnit> units) {
  const PrintUnit* best = &units.front();
  for (const PrintUnit& unit : units) {
    if (std::abs(value) >= unit.from * 0.99995) best = &unit;
  }
  return fmt::format("{} {}", number_text(value / best->factor, digits), best->name);
}

// Two decimals, as prices are written; none where they would be noise, more for a part of a cent.
std::string money_text(double usd, std::string_view unit, int digits, double whole_from) {
  const double size = std::abs(usd);
  if (usd == 0) return fmt::format("0 {}", unit);
  if (size >= whole_from) return fmt::format("{} {}", grouped_text(usd, 0), unit);
  if (size >= 1) return fmt::format("{} {}", grouped_text(usd, 2), unit);
  std::string number = number_text(usd, digits);
  const bool one_decimal = number.size() >= 2 && number[number.size() - 2] == '.';
  if (one_decimal) number += '0';
  return fmt::format("{} {}", number, unit);
}

using P = PrintUnit;
constexpr std::array kPrintTime{
    P{"ns", 1e-9},     P{"µs", 1e-6}, P{"ms", 1e-3},           P{"s", 1},
    P{"min", 60, 300}, P{"h", 3600},  P{"days", 86400, 259200}};
constexpr std::array kPrintHertz{P{"/s", 1}, P{"MHz", 1e6}};
constexpr std::array kPrintBytes{P{"B", 1}, P{"kB", 1e3}, P{"MB", 1e6}, P{"GB", 1e9},
                                 P{"TB", 1e12}};
constexpr std::array kPrintBandwidth{P{"B/s", 1}, P{"MB/s", 1e6}, P{"GB/s", 1e9}, P{"TB/s", 1e12}};
constexpr std::array kPrintFlops{P{"FLOP", 1}, P{"GFLOP", 1e9}, P{"TFLOP", 1e12}, P{"PFLOP", 1e15}};
constexpr std::array kPrintFlopRate{P{"FLOP/s", 1}, P{"GFLOP/s", 1e9}, P{"TFLOP/s", 1e12},
                                    P{"PFLOP/s", 1e15, 1e17}};
constexpr std::array kPrintPower{P{"W", 1}, P{"kW", 1e3, 5e3}, P{"MW", 1e6}};
constexpr std::array kPrintEnergy{P{"mJ", 1e-3}, P{"J", 1}, P{"kJ", 1e3}, P{"kWh", 3.6e6}};
constexpr std::array kPrintEfficiency{P{"GFLOP/J", 1e9}, P{"TFLOP/J", 1e12}};

}  // namespace

std::string describe(Dim dim) {
  const Dimension* dimension = find_dimension(dim);
  if (dimension == nullptr) return "a quantity";
  return fmt::format("{} such as '{}'", dimension->noun, dimension->example);
}

Result<ParsedQuantity> parse_quantity(std::string_view text, Dim dim) {
  const Dimension* dimension = find_dimension(dim);
  if (dimension == nullptr) return tl::unexpected(input_error("no unit exists for this field", ""));
  const std::string_view whole = trim(text);
  const auto refused = [&](std::string_view reason) {
    return tl::unexpected(
        input_error(fmt::format("'{}' {}", excerpt(whole), reason), describe(dim)));
  };
  const Number first = leading_number(whole);
  Number last = first;
  std::string_view unit_name = trim(whole.substr(first.length));
  if (first.length > 0 && unit_name.starts_with("..")) {
    const std::string_view rest = trim(unit_name.substr(2));
    last = leading_number(rest);
    unit_name = trim(rest.substr(last.length));
  }
  // What a number is followed by is no unit when it would go on with the number: "1.5.2 GB".
  const bool broken =
      unit_name.starts_with('.') || unit_name.starts_with(',') || digit_at(unit_name, 0);
  if (first.length == 0 || last.length == 0 || broken) {
    return refused(dim == Dim{} ? "is not a number" : "is not a number with a unit");
  }
  double low = 0, high = 0;
  if (!parse_double(first.digits, low) || !parse_double(last.digits, high)) {
    return refused("is beyond the range of numbers");
  }
  const Unit* unit = find_unit(*dimension, unit_name);
  if (unit == nullptr && unit_name.empty() && low == 0 && high == 0) return ParsedQuantity{0, 0};
  if (unit == nullptr) return tl::unexpected(wrong_unit(whole, unit_name, *dimension));
  if (high < low) return refused("ends below its beginning");
  const ParsedQuantity parsed{low * unit->factor, high * unit->factor};
  if (std::isfinite(parsed.low) && std::isfinite(parsed.high)) return parsed;
  return refused("is beyond the range of numbers");
}

std::string quantity_text(double value, Dim dim, int digits) {
  if (dim == Usd::kDim) return money_text(value, "USD", digits, 100);
  if (dim == UsdPerSecond::kDim) return money_text(value * 3600, "USD/h", digits, 1e15);
  if (value == 0 && dim != Dim{}) {
    const Dimension* dimension = find_dimension(dim);
    return dimension == nullptr ? "0" : fmt::format("0 {}", dimension->units.front().name);
  }
  if (dim == Seconds::kDim) return scaled(value, digits, kPrintTime);
  if (dim == Hertz::kDim) return scaled(value, digits, kPrintHertz);
  if (dim == Bytes::kDim) return scaled(value, digits, kPrintBytes);
  if (dim == BytesPerSecond::kDim) return scaled(value, digits, kPrintBandwidth);
  if (dim == Flops::kDim) return scaled(value, digits, kPrintFlops);
  if (dim == FlopsPerSecond::kDim) return scaled(value, digits, kPrintFlopRate);
  if (dim == Watts::kDim) return scaled(value, digits, kPrintPower);
  if (dim == Joules::kDim) return scaled(value, digits, kPrintEnergy);
  if (dim == FlopsPerJoule::kDim) return scaled(value, digits, kPrintEfficiency);
  if (dim == SquareMetres::kDim) return number_text(value * 1e6, digits) + " mm²";
  if (dim == FlopsPerByte::kDim) return number_text(value, digits) + " FLOP/B";
  return number_text(value, digits);
}

}  // namespace assay
