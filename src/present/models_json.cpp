#include "present/models_json.h"

#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "present/cli.h"
#include "present/figure_json.h"
#include "present/models_text.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;

Json maybe(std::optional<double> value) { return value ? Json(*value) : Json(nullptr); }

// Counts and bytes are whole: 8030261248, not 8030261248.0.
Json whole(double value) { return std::llround(value); }

Json maybe_whole(std::optional<double> value) { return value ? whole(*value) : Json(nullptr); }

Json summary(const ListedModel& m) {
  return {{"id", m.id},
          {"name", m.model.id},
          {"architecture", m.model.architecture},
          {"parameters", whole(m.sheet.parameters.total)},
          {"parameters_active", whole(m.sheet.parameters.active)},
          {"layers", m.model.layers()},
          {"attention", attention_text(m.model)},
          {"kv_bytes_per_token", whole(m.sheet.kv_per_token.base())},
          {"weights_format", published_format(m.model)},
          {"weights_bytes", whole(m.sheet.weights_published.base())},
          {"context_max", m.model.context_max},
          {"assumed", m.model.assumed},
          {"source", m.model.source}};
}

}  // namespace

std::string models_json(const std::vector<ListedModel>& models) {
  Json list = Json::array();
  for (const ListedModel& m : models) list.push_back(summary(m));
  return dump({{"schema", "assay.models/1"}, {"models", std::move(list)}, {"assay", version()}});
}

std::string model_json(const ListedModel& m) {
  Json out{{"schema", "assay.model/1"}};
  out.update(summary(m));
  out["hidden"] = m.model.hidden;
  out["vocabulary"] = m.model.vocabulary;
  out["tied_embeddings"] = m.model.tied_embeddings;
  out["feed_forward"] = ffn_text(m.model);
  out["note"] = m.model.note;
  out["parameters_published"] = maybe_whole(m.model.published_parameters);
  out["parameters_deviation"] = maybe(m.sheet.total_deviation);
  out["parameters_active_published"] = maybe_whole(m.model.published_active);
  out["parameters_active_deviation"] = maybe(m.sheet.active_deviation);
  Json parts = Json::object(), formats = Json::object(), contexts = Json::array();
  for (const auto& part : m.sheet.parts) parts[std::string{part.name}] = whole(part.count);
  for (const auto& f : m.sheet.formats) {
    formats[std::string{catalog::name(f.format)}] = {
        {"weights_bytes", whole(f.weights.base())},
        {"kv_bytes_per_token", whole(f.kv_per_token.base())}};
  }
  for (const auto& at : m.sheet.contexts) {
    contexts.push_back({{"tokens", whole(at.tokens)},
                        {"kv_bytes", whole(at.kv.base())},
                        {"flop_per_token", whole(at.per_token.base())}});
  }
  out["parts"] = std::move(parts);
  out["formats"] = std::move(formats);
  out["contexts"] = std::move(contexts);
  out["assay"] = version();
  return dump(out);
}

std::string architectures_json(const std::vector<std::string>& names) {
  return dump({{"schema", "assay.architectures/1"}, {"architectures", names}});
}

}  // namespace assay::present
