// search_json.h — what a search found as "assay.search.serve/1": keys with their units, listed in
// docs/serving-json.md; it may only grow. Computes no figure.
#pragma once

#include <span>
#include <string>

#include "catalog/catalog.h"
#include "present/options.h"
#include "present/search_text.h"

namespace assay::present {

std::string search_json(const catalog::Catalog& catalog, const ServingInputs& inputs,
                        std::span<const search::ServingSearch> searches,
                        const SearchOptions& options);

}  // namespace assay::present
