#include "evidence/least_squares.h"

#include <cmath>
#include <cstddef>

#include "base/assert.h"

namespace assay::evidence {
namespace {

// Of a pivot to its diagonal element; below it a column is the sum of others.
constexpr double kDependent = 1e-12;

}  // namespace

std::optional<std::vector<double>> solve_symmetric(std::vector<std::vector<double>> a,
                                                   std::vector<double> b) {
  const std::size_t n = b.size();
  ASSAY_ASSERT(a.size() == n);
  for (std::size_t j = 0; j < n; ++j) {
    double pivot = a[j][j];
    for (std::size_t k = 0; k < j; ++k) pivot -= a[j][k] * a[j][k];
    if (!(pivot > kDependent * a[j][j])) return std::nullopt;
    a[j][j] = std::sqrt(pivot);
    for (std::size_t i = j + 1; i < n; ++i) {
      for (std::size_t k = 0; k < j; ++k) a[i][j] -= a[i][k] * a[j][k];
      a[i][j] /= a[j][j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  return b;
}

std::optional<std::vector<double>> least_squares(const std::vector<std::vector<double>>& rows,
                                                 const std::vector<double>& right,
                                                 const std::vector<double>& damping) {
  ASSAY_ASSERT(!rows.empty() && rows.size() == right.size());
  const std::size_t n = rows.front().size();
  ASSAY_ASSERT(damping.empty() || damping.size() == n);
  std::vector<std::vector<double>> normal(n, std::vector<double>(n, 0.0));
  std::vector<double> projected(n, 0.0);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t i = 0; i < n; ++i) {
      projected[i] += rows[r][i] * right[r];
      for (std::size_t j = 0; j < n; ++j) normal[i][j] += rows[r][i] * rows[r][j];
    }
  }
  for (std::size_t i = 0; i < damping.size(); ++i) normal[i][i] += damping[i];
  return solve_symmetric(std::move(normal), std::move(projected));
}

}  // namespace assay::evidence
