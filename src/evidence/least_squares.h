// least_squares.h — the small dense problems of fits: a few unknowns, some rows.
// By normal equations and Cholesky's factorisation: good to about half of a double's digits, which
// is enough for columns of like scale. Pure. Source: Björck: Numerical Methods for Least Squares
// Problems, 1996, section 2.2.
#pragma once

#include <optional>
#include <vector>

namespace assay::evidence {

// Solves a·x = b of a symmetric positive definite matrix, given by rows; empty: it is not.
std::optional<std::vector<double>> solve_symmetric(std::vector<std::vector<double>> a,
                                                   std::vector<double> b);

// The x that brings rows·x nearest to `right`; `damping` (one an unknown, or none) is added to the
// diagonal of the normal equations. Empty: several x are as near.
std::optional<std::vector<double>> least_squares(const std::vector<std::vector<double>>& rows,
                                                 const std::vector<double>& right,
                                                 const std::vector<double>& damping = {});

}  // namespace assay::evidence
