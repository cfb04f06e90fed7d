// offers_json.h — offers as "assay.offers/1": the price as printed and per accelerator-hour.
// Versioned; may only grow. Computes no figure.
#pragma once

#include <string>
#include <vector>

#include "market/offer_book.h"

namespace assay::present {

std::string offers_json(const market::OfferBook& book,
                        const std::vector<const market::Offer*>& offers);
std::string books_json(const std::vector<market::OfferBook>& books);  // "assay.offers.books/1"

}  // namespace assay::present
