// scenario_parts.h — what scenarios of every kind say alike: how a file's mappings are read by a
// table, which offers and accelerators are considered, what was assumed. All errors at their place.
// Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"
#include "document/node.h"
#include "market/offer.h"
#include "plan/field_values.h"
#include "plan/scenario_fields.h"

namespace assay::plan {

struct Assumed {
  std::string key, value;  // "search.headroom", "0 %"
};

// Which offers are considered.
struct OfferChoice {
  std::vector<std::string> books, files;
  std::vector<market::OfferKind> kinds;
  // Globs over accelerator ids; seller's region names.
  std::vector<std::string> include, exclude, regions;
  bool domestic_only{};
};

// A kind that there is not. What else the file says can then not be judged.
std::optional<Error> unknown_kind(const document::Document& document);

// Every field of the table; a dotted path lies in a mapping of the root. Those of the group `apart`
// are left to the caller, who needs the mapping itself; empty: none.
FieldValues take_scenario(const document::Document& document, std::span<const ScenarioField> fields,
                          std::string_view apart, Errors& errors);

std::vector<std::string> texts_or(const FieldValues& values, std::string_view path,
                                  std::vector<std::string> otherwise);

// `file`: of the scenario. Lists and patterns are checked against what there is.
OfferChoice bind_offers(const FieldValues& values, const document::Document& document,
                        const catalog::Catalog& catalog, Errors& errors);

// What the table assumes where the file says nothing.
std::vector<Assumed> assumed_of(const FieldValues& values, std::span<const ScenarioField> fields);

// A name of the library, or a path made relative to the working folder.
std::string model_of(const FieldValues& values, const std::string& scenario_file);

}  // namespace assay::plan
