// quantity.h — a number that knows its physical dimension.
// One double in base units (s, B, FLOP, J, USD, m, Hz as 1/s); to and from double only by name.
// Equal dimensions divide to a plain double, so a ratio is a ratio. Constexpr, no allocation.
// An integer operation counts as a FLOP: TOP/s of int8 and TFLOP/s of fp8 share one type.
#pragma once

#include <compare>
#include <cstdint>

namespace assay {

// A physical dimension as integer exponents; only the axes that this domain needs.
struct Dim {
  std::int8_t time{}, byte{}, flop{}, joule{}, usd{}, metre{};
  friend constexpr auto operator<=>(const Dim&, const Dim&) = default;
};

constexpr Dim operator+(Dim a, Dim b) {
  auto add = [](std::int8_t x, std::int8_t y) { return static_cast<std::int8_t>(x + y); };
  return {add(a.time, b.time),   add(a.byte, b.byte), add(a.flop, b.flop),
          add(a.joule, b.joule), add(a.usd, b.usd),   add(a.metre, b.metre)};
}

constexpr Dim operator-(Dim a, Dim b) {
  auto sub = [](std::int8_t x, std::int8_t y) { return static_cast<std::int8_t>(x - y); };
  return {sub(a.time, b.time),   sub(a.byte, b.byte), sub(a.flop, b.flop),
          sub(a.joule, b.joule), sub(a.usd, b.usd),   sub(a.metre, b.metre)};
}

template <Dim D>
class Quantity {
 public:
  static constexpr Dim kDim = D;

  constexpr Quantity() = default;
  static constexpr Quantity from_base(double value) { return Quantity{value}; }
  constexpr double base() const { return value_; }

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads a defaulted <=>
  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator-(Quantity a) { return Quantity{-a.value_}; }
  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity{a.value_ + b.value_};
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity{a.value_ - b.value_};
  }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity{a.value_ * k}; }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity{k * a.value_}; }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity{a.value_ / k}; }
  constexpr Quantity& operator+=(Quantity b) {
    value_ += b.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity b) {
    value_ -= b.value_;
    return *this;
  }

 private:
  constexpr explicit Quantity(double value) : value_{value} {}
  double value_{};
};

template <Dim A, Dim B>
constexpr auto operator*(Quantity<A> a, Quantity<B> b) {
  if constexpr (A + B == Dim{}) return a.base() * b.base();
  else return Quantity<A + B>::from_base(a.base() * b.base());
}

template <Dim A, Dim B>
constexpr auto operator/(Quantity<A> a, Quantity<B> b) {
  if constexpr (A == B) return a.base() / b.base();
  else return Quantity<A - B>::from_base(a.base() / b.base());
}

using Seconds = Quantity<Dim{.time = 1}>;
using Hertz = Quantity<Dim{.time = -1}>;  // also requests per second
using Bytes = Quantity<Dim{.byte = 1}>;
using Flops = Quantity<Dim{.flop = 1}>;
using Joules = Quantity<Dim{.joule = 1}>;
using Usd = Quantity<Dim{.usd = 1}>;
using SquareMetres = Quantity<Dim{.metre = 2}>;
using BytesPerSecond = Quantity<Dim{.time = -1, .byte = 1}>;
using FlopsPerSecond = Quantity<Dim{.time = -1, .flop = 1}>;
using FlopsPerByte = Quantity<Dim{.byte = -1, .flop = 1}>;
using Watts = Quantity<Dim{.time = -1, .joule = 1}>;
using FlopsPerJoule = Quantity<Dim{.flop = 1, .joule = -1}>;
using UsdPerSecond = Quantity<Dim{.time = -1, .usd = 1}>;

inline namespace literals {
// NOLINTBEGIN: one line a unit
constexpr Bytes operator""_B(unsigned long long v) {
  return Bytes::from_base(static_cast<double>(v));
}
constexpr Bytes operator""_GiB(long double v) {
  return Bytes::from_base(static_cast<double>(v) * 1073741824.0);
}
constexpr Bytes operator""_GB(long double v) {
  return Bytes::from_base(static_cast<double>(v) * 1e9);
}
constexpr BytesPerSecond operator""_GBps(long double v) {
  return BytesPerSecond::from_base(static_cast<double>(v) * 1e9);
}
constexpr BytesPerSecond operator""_TBps(long double v) {
  return BytesPerSecond::from_base(static_cast<double>(v) * 1e12);
}
constexpr FlopsPerSecond operator""_TFLOPs(long double v) {
  return FlopsPerSecond::from_base(static_cast<double>(v) * 1e12);
}
constexpr Seconds operator""_s(long double v) { return Seconds::from_base(static_cast<double>(v)); }
constexpr Seconds operator""_ms(long double v) {
  return Seconds::from_base(static_cast<double>(v) * 1e-3);
}
constexpr Seconds operator""_us(long double v) {
  return Seconds::from_base(static_cast<double>(v) * 1e-6);
}
constexpr Watts operator""_W(long double v) { return Watts::from_base(static_cast<double>(v)); }
constexpr Usd operator""_USD(long double v) { return Usd::from_base(static_cast<double>(v)); }
// NOLINTEND
}  // namespace literals

// Field convention of price lists: a month is 730 hours, a year 8,760.
inline constexpr Seconds kHour = Seconds::from_base(3600.0);
inline constexpr Seconds kMonth = Seconds::from_base(730.0 * 3600.0);
inline constexpr Seconds kYear = Seconds::from_base(8760.0 * 3600.0);

}  // namespace assay
