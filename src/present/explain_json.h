// explain_json.h — where a figure comes from, as "assay.explain/1".
// Versioned; may only grow. Computes no figure.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "plan/catalog_sheet.h"
#include "plan/figures.h"

namespace assay::present {

// A figure of the catalog: all readings, the used one first, with their sources.
std::string readings_json(const catalog::Catalog& catalog, const std::string& subject,
                          const plan::FigureName& name,
                          const std::vector<plan::CatalogFigure>& readings);
// A figure that was computed: formula and inputs.
std::string chain_json(const std::string& subject, const plan::Figure& figure);
// Which figures can be explained: "assay.explain.figures/1".
struct ListedFigure {
  std::string figure, value, title;
};
std::string figures_json(const std::string& subject, const std::vector<ListedFigure>& figures);

}  // namespace assay::present
