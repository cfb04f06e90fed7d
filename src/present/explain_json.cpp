#include "present/explain_json.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "present/cli.h"
#include "present/figure_json.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string readings_json(const catalog::Catalog& catalog, const std::string& subject,
                          const plan::FigureName& name,
                          const std::vector<plan::CatalogFigure>& readings) {
  Json list = Json::array(), sources = Json::array();
  for (const plan::CatalogFigure& reading : readings) {
    Json one = figure_json(reading, name.path);
    one["where"] = where_json(reading.where);
    list.push_back(std::move(one));
    for (const catalog::Source& source : catalog.sources) {
      if (source.id == reading.source) sources.push_back(source_json(source));
    }
  }
  return dump({{"schema", "assay.explain/1"},
               {"subject", subject},
               {"figure", name.path},
               {"title", name.title},
               {"readings", std::move(list)},
               {"sources", std::move(sources)},
               {"catalog", catalog_stamp(catalog)}});
}

std::string chain_json(const std::string& subject, const plan::Figure& figure) {
  return dump({{"schema", "assay.explain/1"},
               {"subject", subject},
               {"figure", figure.key},
               {"value", figure.value},
               {"formula", figure.formula},
               {"section", figure.section},
               {"inputs", inputs_json(figure.inputs)}});
}

std::string figures_json(const std::string& subject, const std::vector<ListedFigure>& figures) {
  Json list = Json::array();
  for (const ListedFigure& f : figures) {
    list.push_back({{"figure", f.figure}, {"value", f.value}, {"title", f.title}});
  }
  return dump({{"schema", "assay.explain.figures/1"},
               {"subject", subject},
               {"figures", std::move(list)}});
}

}  // namespace assay::present
