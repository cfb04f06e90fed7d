// offer_lint.h — what price lists get wrong: zero and placeholder prices, a node's price as a
// card's, a month's as an hour's, spot equal to on-demand, accelerators priced without their host,
// stale or mixed dates, withdrawn prices, kinds that do not compare, repeats and contradictions.
// Rules work on the numbers of one book; each finding says rule, place, evidence and likely truth.
// Rules and thresholds: docs/offers-format.md. Pure; deterministic order (file, line, rule).
#pragma once

#include <string_view>
#include <vector>

#include "catalog/lint.h"
#include "market/offer_book.h"

namespace assay::market {

// Finding::subject is the accelerator (or the book, where the whole of it is meant), Finding::field
// the id of the offer, or of the first one where several share a finding.
// `today` is "2026-11-22": staleness is judged against it, never against a clock. REQUIRES: a date.
std::vector<catalog::Finding> lint(const OfferBook& book, std::string_view today);

}  // namespace assay::market
