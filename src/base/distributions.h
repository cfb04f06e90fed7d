// distributions.h — the elementary functions and draws that random.h lacks: exp, cosine, normal,
// gamma. Equal on every machine: only +, −, ·, / and the square root, which IEEE 754 rounds
// exactly. Draw i of a stream is a function of (seed, stream, i). Pure; thread-safe.
// Sources: M. J. Wichura, algorithm AS 241, Applied Statistics 37 (1988); G. Marsaglia,
// W. W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000).
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/polynomial.h"
#include "base/random.h"

namespace assay {

namespace detail {
// 1/2!, 1/3!, …
inline constexpr std::array<double, 12> kInverseFactorials = [] {
  std::array<double, 12> inverse{};
  double factorial = 1;
  for (std::size_t i = 0; i < inverse.size(); ++i) {
    factorial *= static_cast<double>(i) + 2;
    inverse[i] = 1 / factorial;
  }
  return inverse;
}();
}  // namespace detail

// e^x to 2e-16 of it; 0 below −708, that of 709 above 709.
constexpr double exponential_of(double x) {
  if (!(x > -708)) return 0;
  if (x > 709) x = 709;
  constexpr double kLog2E = 1.44269504088896340736;
  constexpr double kLn2High = 0x1.62e42fee00000p-1, kLn2Low = 0x1.a39ef35793c76p-33;
  const auto power = static_cast<std::int64_t>(x * kLog2E + (x < 0 ? -0.5 : 0.5));
  const auto k = static_cast<double>(power);
  const double r = (x - k * kLn2High) - k * kLn2Low;  // |r| <= ln 2 / 2
  const double series = 1 + (r + r * r * polynomial(detail::kInverseFactorials, r));
  return series * std::bit_cast<double>(static_cast<std::uint64_t>(power + 1023) << 52);
}

// x^y of a normal x > 0.
constexpr double power_of(double x, double y) { return exponential_of(y * natural_log(x)); }

// cos(2π·turns) for turns in [0, 1], to 1e-14.
constexpr double cosine_of_turns(double turns) {
  constexpr double kTwoPi = 6.28318530717958647693;
  const double x = kTwoPi * (turns > 0.5 ? turns - 1 : turns), square = x * x;
  double series = 1;
  for (int n = 28; n >= 2; n -= 2) series = 1 - square * series / (n * (n - 1));
  return series;
}

// The z below which a standard normal lies with this probability, 0 < p < 1; to 1e-15 (AS 241).
inline double normal_quantile(double p) {
  constexpr std::array<double, 8> kA{3.3871328727963666080e0, 1.3314166789178437745e2,
                                     1.9715909503065514427e3, 1.3731693765509461125e4,
                                     4.5921953931549871457e4, 6.7265770927008700853e4,
                                     3.3430575583588128105e4, 2.5090809287301226727e3};
  constexpr std::array<double, 8> kB{1,
                                     4.2313330701600911252e1,
                                     6.8718700749205790830e2,
                                     5.3941960214247511077e3,
                                     2.1213794301586595867e4,
                                     3.9307895800092710610e4,
                                     2.8729085735721942674e4,
                                     5.2264952788528545610e3};
  constexpr std::array<double, 8> kC{1.42343711074968357734e0,  4.63033784615654529590e0,
                                     5.76949722146069140550e0,  3.64784832476320460504e0,
                                     1.27045825245236838258e0,  2.41780725177450611770e-1,
                                     2.27238449892691845833e-2, 7.74545014278341407640e-4};
  constexpr std::array<double, 8> kD{1,
                                     2.05319162663775882187e0,
                                     1.67638483018380384940e0,
                                     6.89767334985100004550e-1,
                                     1.48103976427480074590e-1,
                                     1.51986665636164571966e-2,
                                     5.47593808499534494600e-4,
                                     1.05075007164441684324e-9};
  constexpr std::array<double, 8> kE{6.65790464350110377720e0,  5.46378491116411436990e0,
                                     1.78482653991729133580e0,  2.96560571828504891230e-1,
                                     2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                     2.71155556874348757815e-5, 2.01033439929228813265e-7};
  constexpr std::array<double, 8> kF{1,
                                     5.99832206555887937690e-1,
                                     1.36929880922735805310e-1,
                                     1.48753612908506148525e-2,
                                     7.86869131145613259100e-4,
                                     1.84631831751005468180e-5,
                                     1.42151175831644588870e-7,
                                     2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(kA, r) / polynomial(kB, r);
  }
  const double tail = std::sqrt(-natural_log(q < 0 ? p : 1 - p));
  const double z = tail <= 5 ? polynomial(kC, tail - 1.6) / polynomial(kD, tail - 1.6)
                             : polynomial(kE, tail - 5) / polynomial(kF, tail - 5);
  return q < 0 ? -z : z;
}

// In (0, 1): the middle of each step of the grid of 2^-52.
constexpr double open_uniform(const RandomStream& draws, std::uint64_t index) {
  return (static_cast<double>(draws.bits(index) >> 12) + 0.5) * 0x1p-52;
}

// Standard normal.
inline double normal(const RandomStream& draws, std::uint64_t index) {
  return normal_quantile(open_uniform(draws, index));
}

// Gamma with this shape > 0 and mean 1. Uses the stream's draws 64·index … 64·index + 63: all 31
// proposals are refused with a probability below 1e-40, the last one is taken then.
inline double gamma_of_mean_one(const RandomStream& draws, std::uint64_t index, double shape) {
  const std::uint64_t first = index * 64;
  const double raised = shape < 1 ? shape + 1 : shape;
  const double d = raised - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  double cube = 1;
  for (std::uint64_t attempt = 0; attempt < 31; ++attempt) {
    const double x = normal(draws, first + 1 + 2 * attempt);
    const double root = 1 + c * x;
    if (root <= 0) continue;
    cube = root * root * root;
    const double u = open_uniform(draws, first + 2 + 2 * attempt);
    if (natural_log(u) < 0.5 * x * x + d - d * cube + d * natural_log(cube)) break;
  }
  const double boost = shape < 1 ? power_of(open_uniform(draws, first), 1 / shape) : 1;
  return d * cube * boost / shape;
}

}  // namespace assay
