#include "present/search_json.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "present/cli.h"
#include "present/figure_json.h"
#include "present/predict_json.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;

Json point_json(const ServingInputs& inputs, std::span<const search::ServingSearch> searches,
                const FoundPoint& found) {
  const search::SearchPoint& p = *found.point;
  const search::SearchedLayout& layout = searches[found.search].layouts[p.layout];
  const bool power = p.board > Watts{};
  return {{"accelerator", inputs.hardware[found.search].accelerator},
          {"front", found.front},
          {"deployment", deployment_json(layout.deployment, layout.replicas)},
          {"batch_per_replica", p.batch},
          {"output_tokens_per_s_per_accelerator", p.tokens_per_s_per_accelerator},
          {"output_tokens_per_s_per_user", p.tokens_per_s_per_user},
          {"ttft_mean_ms", p.ttft.base() * 1e3},
          {"tpot_mean_ms", p.tpot.base() * 1e3},
          {"memory_bytes_per_accelerator", p.memory.base()},
          {"board_mean_w", power ? Json(p.board.base()) : Json(nullptr)},
          {"boards_j_per_output_token", power ? Json(p.joules_per_token) : Json(nullptr)},
          {"decode_bound", model::name(p.bound)}};
}

Json search_one(const search::ServingSubject& subject, const search::ServingSearch& search) {
  Json rejected = Json::array();
  for (const search::SearchRejection& r : search.rejected) {
    rejected.push_back({{"reason", r.reason}, {"count", r.count}, {"first", r.example}});
  }
  Json json = subject_json(subject);
  json["layouts_tried"] = search.candidates;
  json["layouts_that_serve"] = search.layouts.size();
  json["layouts_too_slow"] = search.too_slow;
  json["points"] = search.considered;
  json["rejected"] = std::move(rejected);
  return json;
}

}  // namespace

std::string search_json(const catalog::Catalog& catalog, const ServingInputs& inputs,
                        std::span<const search::ServingSearch> searches,
                        const SearchOptions& options) {
  Json subjects = Json::array(), points = Json::array();
  for (std::size_t i = 0; i < searches.size(); ++i) {
    subjects.push_back(search_one(inputs.subject(i), searches[i]));
  }
  for (const FoundPoint& found : found_points(searches)) {
    points.push_back(point_json(inputs, searches, found));
  }
  const Json out{{"schema", "assay.search.serve/1"},
                 {"model", inputs.model.id},
                 {"question",
                  {{"input_tokens", options.input},
                   {"output_tokens", options.output},
                   {"weights", options.weights},
                   {"engine", options.engine},
                   {"user_rate_min_tokens_per_s", options.user_rate_min},
                   {"all", options.all}}},
                 {"subjects", std::move(subjects)},
                 {"not_searched", inputs.unknown},
                 {"points", std::move(points)},
                 {"assay", version()},
                 {"catalog", catalog_stamp(catalog)}};
  return dump(out);
}

}  // namespace assay::present
