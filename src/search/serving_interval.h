// serving_interval.h — a figure of serving with its interval: the regime that it is of, and the
// half-width that measurements gave this regime (data/efficiency.yaml; of power: data/power.yaml).
// The only place where intervals are looked up. Values in base units. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/interval.h"
#include "base/quantity.h"
#include "search/choose_deployment.h"

namespace assay::search {

// A figure with its 90 % interval and the regime that the interval is of.
struct ServingFigure {
  Estimate<double> estimate;
  std::string regime;
};

struct IntervalWidth {
  std::string regime;
  double half_width{};  // of |log(measured/predicted)|
};

// Modes: "batch" (closed-form steps), "offline" (always full), "server" (queues).
// Metrics: "ttft", "tpot", "throughput", "power".
IntervalWidth interval_width(const ServingSubject& subject, const ServingTables& tables,
                             std::string_view mode, std::string_view metric);

// Of a product of two figures whose errors are taken to be independent.
IntervalWidth independent(const IntervalWidth& a, const IntervalWidth& b);

ServingFigure figure(double value, const IntervalWidth& width);

// The same, and its interval ends at `most`, which nothing passes.
ServingFigure figure_at_most(double value, double most, const IntervalWidth& width);

}  // namespace assay::search
