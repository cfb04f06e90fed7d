// offer_lint_rules.h — the rules of offer_lint.h, by what they look at. Each appends its findings.
// Pure; the findings come in the order of the book, or of accelerators by id. Internal to the room.
#pragma once

#include <string>
#include <vector>

#include "catalog/lint.h"
#include "market/offer_book.h"

namespace assay::market {

using Findings = std::vector<catalog::Finding>;

// A finding about one offer, at its place.
catalog::Finding finding(catalog::Severity severity, std::string rule, const Offer& offer,
                         std::string what, std::string expected);
// "12.3 USD/h": the price of one accelerator for one hour.
std::string price_text(double usd_per_accelerator_hour);
// "3 offers", "1 offer".
std::string counted(std::size_t count, std::string_view noun);

// Each price alone, and against the others of its accelerator (offer_lint_prices.cpp).
void check_placeholders(const OfferBook& book, Findings& findings);
void check_against_median(const OfferBook& book, Findings& findings);
void check_withdrawn(const OfferBook& book, Findings& findings);

// Offers that should agree or differ (offer_lint_pairs.cpp).
void check_spot(const OfferBook& book, Findings& findings);
void check_repeats(const OfferBook& book, Findings& findings);
void check_kinds(const OfferBook& book, Findings& findings);

}  // namespace assay::market
