#include "market/price_names.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/text.h"
#include "catalog/embedded.h"
#include "document/bind.h"
#include "document/read.h"

namespace assay::market {

namespace {

using document::Binder;
using document::Need;

constexpr std::string_view kNamesFile = "data/offers/names.yaml";

// Lists write "A100 PCIe 40G" where an id has "a100-pcie-40g".
std::string as_id(std::string_view printed) {
  std::string id = to_lower(printed);
  std::ranges::replace(id, ' ', '-');
  std::ranges::replace(id, '_', '-');
  return id;
}

// The nearest spelling costs a walk over the catalog: a file of nothing but unknown names would
// take minutes, and nobody reads that many suggestions.
constexpr std::size_t kSuggestedMax = 500;

Result<ReadName> find_in_catalog(const catalog::Catalog& catalog, std::string_view printed,
                                 bool suggest) {
  const catalog::Accelerator* found = catalog.accelerator(printed);
  if (found == nullptr) found = catalog.accelerator(as_id(printed));
  if (found == nullptr && suggest) return tl::unexpected(catalog.unknown_accelerator(printed));
  if (found == nullptr) {
    return tl::unexpected(Error{.what = "unknown accelerator '" + excerpt(printed) + "'",
                                .expected = "an id of the catalog",
                                .near = {},
                                .where = {}});
  }
  return ReadName{.accelerator = found, .assumed = {}};
}

Result<ReadName> bind_reading(Binder& fields, const std::string& name,
                              const catalog::Catalog& catalog) {
  if (const auto absent = fields.take_text("absent", Need::kOptional)) {
    return tl::unexpected(Error{.what = "'" + name + "' stands for a " + *absent,
                                .expected = "an accelerator of the catalog",
                                .near = {},
                                .where = {}});
  }
  const auto id = fields.take_text("accelerator", Need::kRequired);
  const auto assumed = fields.take_text("assumed", Need::kOptional);
  if (!id) return tl::unexpected(Error{});
  const catalog::Accelerator* found = catalog.accelerator(*id);
  if (found == nullptr) {
    const Error unknown = catalog.unknown_accelerator(*id);
    fields.fail(*fields.node().find("accelerator"), unknown.what, unknown.expected, unknown.near);
    return tl::unexpected(unknown);
  }
  return ReadName{.accelerator = found, .assumed = assumed.value_or("")};
}

NameMeaning bind_name(const document::Document& document, const document::Member& name,
                      const catalog::Catalog& catalog, Errors& errors) {
  Binder fields{document, name.value, errors, "name '" + name.key + "'"};
  NameMeaning meaning{.plain = bind_reading(fields, name.key, catalog), .by_instance = {}};
  if (const document::Node* instances = fields.take("instances", Need::kOptional)) {
    for (const document::Member& instance : instances->members) {
      Binder inner{document, instance.value, errors, "instance '" + instance.key + "'"};
      auto reading = bind_reading(inner, name.key, catalog);
      inner.finish();
      meaning.by_instance.push_back({instance.key, std::move(reading)});
    }
  }
  fields.finish();
  return meaning;
}

}  // namespace

void PriceNames::add(std::string_view printed, NameMeaning meaning) {
  names_.insert_or_assign(to_lower(printed), std::move(meaning));
}

const Result<ReadName>& PriceNames::read(std::string_view printed, std::string_view instance) {
  const std::string key = to_lower(printed);
  auto found = names_.find(key);
  if (found == names_.end()) {
    const bool suggest = names_.size() < kSuggestedMax;
    NameMeaning meaning{.plain = find_in_catalog(*catalog_, printed, suggest), .by_instance = {}};
    found = names_.emplace(key, std::move(meaning)).first;
  }
  for (const auto& [pattern, meaning] : found->second.by_instance) {
    if (glob_match(pattern, instance)) return meaning;
  }
  return found->second.plain;
}

Checked<PriceNames> load_price_names(std::string_view list, const catalog::Catalog& catalog) {
  const auto text = catalog::embedded_file(kNamesFile);
  ASSAY_ASSERT(text.has_value());
  auto document = document::read_document(std::string{kNamesFile}, *text);
  if (!document) return tl::unexpected(std::move(document.error()));
  const document::Node* names = document->root.find(list);
  ASSAY_ASSERT(names != nullptr);

  Errors errors;
  PriceNames result{catalog};
  for (const document::Member& name : names->members) {
    result.add(name.key, bind_name(*document, name, catalog, errors));
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return result;
}

}  // namespace assay::market
