// plan_parts_json.h — parts that the JSON of all plans has alike: offers, rejections, chains.
// Keys with their units; they may only grow. Computes no figure.
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "market/offer.h"
#include "plan/figures.h"
#include "plan/plan.h"

namespace assay::present {

nlohmann::ordered_json plan_offer_json(const market::Offer& offer);
nlohmann::ordered_json rejected_json(const std::vector<plan::Rejected>& rejected);
// By the figure's key, as plan_chain.h reads it back.
nlohmann::ordered_json chains_json(const std::vector<plan::Figure>& figures);

}  // namespace assay::present
