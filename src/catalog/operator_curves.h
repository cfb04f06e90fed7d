// operator_curves.h — how fast single operators run against the data sheet, by accelerator family,
// fitted to operators that were measured alone. Few numbers a family, each with a physical
// meaning; data/operators.yaml keeps them with their origin, row counts and residuals, and
// tools/fit_operators.py makes them. Equations: docs/models.md, "Operators".
// roof(x, y) below is the larger time and `overlap` of the smaller one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"

namespace assay::catalog {

// Shares by the width that matrices multiply in; `weight_only` is 4-bit weights in 16-bit products.
struct WidthShares {
  double sixteen{}, eight{}, four{}, weight_only{};
};

// Matrix product: roof(2mnk/(peak·compute), bytes/(bandwidth·memory)) + cast·m·k/units + floor.
struct GemmCurve {
  WidthShares compute;
  double memory{};
  double overlap{};
  Seconds cast;   // of one activation to 8 or 4 bits, on one compute unit
  Seconds floor;  // of one kernel
};

struct AttentionCurve {
  double prefill_compute{};  // share of the dense 16-bit peak
  double head_offset{};      // small heads cost as if they had this many more elements: d0
  double tail{};             // waves of 128 rows that the last one leaves idle
  double traffic{};          // times that queries, keys, values and outputs pass through memory
  Seconds prefill_floor;
  double decode_memory{}, decode_memory_8{};  // share of the bandwidth, 16- and 8-bit cache
  Seconds decode_pair;                        // of one sequence and KV head, on one compute unit
  double decode_overlap{};
  Seconds decode_floor;
};

// Routed experts: roof over the rows of the experts that are met + passes·2·rows·hidden/bandwidth
// + floor.
struct ExpertCurve {
  WidthShares compute, memory;
  double overlap{};
  double passes{};
  double skew{};  // the busiest of n ranks has n^skew times the mean rows
  Seconds floor;  // of one layer: routing, permutation, grouped kernels
};

// latency + per_rank·n + W + √(W·fill), W = traffic/(link·bandwidth).
struct CollectiveCurve {
  Seconds latency, per_rank, fill;
  double bandwidth{}, bandwidth_per_doubling{1};  // of ranks beyond two
};

struct OperatorCurves {
  std::string family;  // "hopper"
  GemmCurve gemm;
  AttentionCurve attention;
  ExpertCurve experts;
  CollectiveCurve all_reduce, all_to_all;
  double residual{};  // median of |measured/fitted − 1| over the matrix products held out
  std::string origin;
};

// The built-in data/operators.yaml.
Checked<std::vector<OperatorCurves>> load_operator_curves();

// A file of the same shape; `file` names it in messages.
Checked<std::vector<OperatorCurves>> read_operator_curves(const std::string& file,
                                                          std::string_view text);

}  // namespace assay::catalog
