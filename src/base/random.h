// random.h — seeded draws that are equal on every machine: counter-based SplitMix64, so that draw
// i of a stream is a function of (seed, stream, i) and no order of calls can change it.
// Only +, −, ·, / and bits are used; std::log differs between libraries. Pure; thread-safe.
// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/polynomial.h"

namespace assay {

inline constexpr std::uint64_t kGoldenGamma = 0x9e3779b97f4a7c15;

// The finaliser of SplitMix64 (Stafford's variant 13): every bit of z reaches every bit of it.
constexpr std::uint64_t mixed_bits(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// ln x of a normal x > 0 to 1e-15: x = m·2^e with m in [√½, √2), ln m = 2·artanh((m − 1)/(m + 1)).
constexpr double natural_log(double x) {
  constexpr double kLn2 = 0.693147180559945309417;
  // Taking the bits of √½ off first makes the exponent of what is left that of m's range.
  constexpr std::uint64_t kRootHalf = 0x3fe6a09e667f3bcd, kMantissa = 0x000fffffffffffff;
  const std::uint64_t shifted = std::bit_cast<std::uint64_t>(x) - kRootHalf;
  const auto exponent = static_cast<double>(static_cast<std::int64_t>(shifted) >> 52);
  const double m = std::bit_cast<double>((shifted & kMantissa) + kRootHalf);
  const double z = (m - 1) / (m + 1), square = z * z;
  constexpr std::array<double, 12> kSeries{1,        1.0 / 3,  1.0 / 5,  1.0 / 7,
                                           1.0 / 9,  1.0 / 11, 1.0 / 13, 1.0 / 15,
                                           1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23};
  return exponent * kLn2 + 2 * z * polynomial(kSeries, square);
}

class RandomStream {
 public:
  constexpr RandomStream(std::uint64_t seed, std::uint64_t stream)
      : key_{mixed_bits(mixed_bits(seed + kGoldenGamma) + stream * kGoldenGamma)} {}

  constexpr std::uint64_t bits(std::uint64_t index) const {
    return mixed_bits(key_ + (index + 1) * kGoldenGamma);
  }
  // In [0, 1), on a grid of 2^-53.
  constexpr double uniform(std::uint64_t index) const {
    return static_cast<double>(bits(index) >> 11) * 0x1p-53;
  }
  // Of mean 1.
  constexpr double exponential(std::uint64_t index) const {
    return -natural_log(1 - uniform(index));
  }

 private:
  std::uint64_t key_;
};

}  // namespace assay
