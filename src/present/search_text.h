// search_text.h — the layouts that a search found as text: a table of points, the front's plot,
// what was rejected. Computes no figure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "present/options.h"
#include "present/serving_inputs.h"
#include "present/text_table.h"
#include "search/search_serving.h"

namespace assay::present {

// A point of one of several searches.
struct FoundPoint {
  std::size_t search{};  // index in ServingInputs::subjects
  const search::SearchPoint* point{};
  bool front{};  // of all searches together
};

// All kept points of all searches: by falling tokens/s a user, then falling tokens/s.
std::vector<FoundPoint> found_points(std::span<const search::ServingSearch> searches);

// One row a point; with the accelerator where there are several searches.
TextTable search_table(const ServingInputs& inputs, std::span<const search::ServingSearch> searches,
                       std::span<const FoundPoint> points);

// One row an accelerator: its best point in tokens/s per accelerator.
TextTable best_of_each(const ServingInputs& inputs,
                       std::span<const search::ServingSearch> searches);

// The answer of one search, or of all accelerators. At least one point was found.
std::string search_text(const ServingInputs& inputs,
                        std::span<const search::ServingSearch> searches,
                        const CommonOptions& common, const SearchOptions& options);

// "120 layouts: 96 run · 24 rejected: 16 memory, 8 heads do not divide".
std::string search_counts(std::span<const search::ServingSearch> searches);
// Rejections of all searches by reason, in the order of their first appearance.
std::vector<search::SearchRejection> rejections(std::span<const search::ServingSearch> searches);

}  // namespace assay::present
