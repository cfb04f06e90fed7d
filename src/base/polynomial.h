// polynomial.h — a polynomial of fixed degree. Even and odd powers are summed apart, so that
// neither waits for the other; the order of roundings is fixed, so that the value is equal on
// every machine. Pure and constexpr.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

namespace assay {

// Σ rising[i]·x^i.
template <std::size_t N>
constexpr double polynomial(const std::array<double, N>& rising, double x) {
  static_assert(N % 2 == 0);
  const double square = x * x;
  const auto half = [&]<std::size_t... I>(std::size_t from, std::index_sequence<I...>) {
    double sum = rising[N - 2 + from];
    ((sum = sum * square + rising[N - 4 - 2 * I + from]), ...);
    return sum;
  };
  constexpr auto kSteps = std::make_index_sequence<N / 2 - 1>{};
  return half(0, kSteps) + x * half(1, kSteps);
}
static_assert(polynomial(std::array{1.0, 2.0, 3.0, 4.0}, 2.0) == 49);

}  // namespace assay
