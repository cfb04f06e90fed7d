#include "present/catalog_json.h"

#include <functional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "present/figure_json.h"
#include "present/findings.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;
using plan::CatalogFigure;
using Readings = std::function<std::vector<CatalogFigure>(std::string_view path)>;

// Figures by name, derived ones apart, and the names of those that nobody knows.
void add_figures(Json& json, const std::vector<plan::FigureName>& names,
                 const Readings& readings_of, std::set<std::string>& sources) {
  Json figures = Json::object(), derived = Json::object(), unknown = Json::array();
  for (const plan::FigureName& name : names) {
    const auto readings = readings_of(name.path);
    if (readings.empty()) {
      if (!name.derived) unknown.push_back(name.path);
      continue;
    }
    if (name.derived) {
      derived[name.path] = figure_json(readings.front(), name.path);
      continue;
    }
    for (const CatalogFigure& reading : readings) {
      figures[name.path].push_back(figure_json(reading, name.path));
      if (!reading.source.empty()) sources.insert(reading.source);
    }
  }
  json["figures"] = std::move(figures);
  json["derived"] = std::move(derived);
  json["unknown"] = std::move(unknown);
}

Json seen_json(const catalog::Catalog& catalog, const std::vector<catalog::SeenInPrint>& seen) {
  Json out = Json::array();
  for (const catalog::SeenInPrint& s : seen) {
    out.push_back({{"field", s.field},
                   {"value", s.value},
                   {"basis", to_text(s.basis)},
                   {"source", catalog.source(s.source).id},
                   {"why", s.why}});
  }
  return out;
}

Json sources_of(const catalog::Catalog& catalog, const std::set<std::string>& ids) {
  Json out = Json::array();
  for (const catalog::Source& source : catalog.sources) {
    if (ids.contains(source.id)) out.push_back(source_json(source));
  }
  return out;
}

Json parts_json(const catalog::Catalog& catalog, const catalog::System& system) {
  Json out = Json::array();
  for (const auto& part : plan::composition(catalog, system)) {
    out.push_back({{"accelerator", part.accelerator->id}, {"count", part.count}});
  }
  return out;
}

}  // namespace

std::string accelerators_json(const catalog::Catalog& catalog,
                              const std::vector<const catalog::Accelerator*>& accelerators,
                              const std::vector<plan::FigureName>& names) {
  std::set<std::string> sources;
  Json list = Json::array();
  for (const catalog::Accelerator* a : accelerators) {
    Json one{{"id", a->id},         {"name", a->name},       {"vendor", a->vendor},
             {"family", a->family}, {"aliases", a->aliases}, {"note", a->note}};
    add_figures(
        one, names,
        [&](std::string_view path) { return plan::accelerator_readings(catalog, *a, path); },
        sources);
    one["seen_in_print"] = seen_json(catalog, a->seen_in_print);
    list.push_back(std::move(one));
  }
  return dump({{"schema", "assay.catalog.accelerators/1"},
               {"catalog", catalog_stamp(catalog)},
               {"accelerators", std::move(list)},
               {"sources", sources_of(catalog, sources)}});
}

std::string systems_json(const catalog::Catalog& catalog,
                         const std::vector<const catalog::System*>& systems,
                         const std::vector<plan::FigureName>& names) {
  std::set<std::string> sources;
  Json list = Json::array();
  for (const catalog::System* s : systems) {
    Json one{{"id", s->id},     {"name", s->name},       {"vendor", s->vendor},
             {"kind", s->kind}, {"aliases", s->aliases}, {"note", s->note}};
    one["accelerators"] = parts_json(catalog, *s);
    add_figures(
        one, names,
        [&](std::string_view path) { return plan::system_readings(catalog, *s, path); }, sources);
    one["seen_in_print"] = seen_json(catalog, s->seen_in_print);
    list.push_back(std::move(one));
  }
  return dump({{"schema", "assay.catalog.systems/1"},
               {"catalog", catalog_stamp(catalog)},
               {"systems", std::move(list)},
               {"sources", sources_of(catalog, sources)}});
}

std::string sources_json(const catalog::Catalog& catalog,
                         const std::vector<const catalog::Source*>& sources) {
  Json list = Json::array();
  for (const catalog::Source* source : sources) list.push_back(source_json(*source));
  return dump({{"schema", "assay.catalog.sources/1"},
               {"catalog", catalog_stamp(catalog)},
               {"sources", std::move(list)}});
}

std::string findings_json(std::string_view schema, const std::vector<catalog::Finding>& findings) {
  Json list = Json::array();
  for (const catalog::Finding& f : findings) {
    list.push_back({{"severity", name(f.severity)},
                    {"rule", f.rule},
                    {"subject", f.subject},
                    {"field", f.field},
                    {"found", f.what},
                    {"expected", f.expected},
                    {"where", where_json(f.where)}});
  }
  return dump({{"schema", schema}, {"findings", std::move(list)}});
}

}  // namespace assay::present
