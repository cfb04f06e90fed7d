// price_names.h — names that price lists use ("A100-80GB", "h100-sxm") → accelerators of the
// catalog. data/offers/names.yaml says, list by list, what a name means and what it leaves open; a
// name that it does not hold is looked up as an id or alias. Remembers each name: lists repeat them
// by the ten thousand. Not safe from several threads.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"

namespace assay::market {

struct ReadName {
  const catalog::Accelerator* accelerator{};
  std::string assumed;  // what the name leaves open and how it was read; may be empty
};

struct NameMeaning {
  Result<ReadName> plain;
  struct ByInstance {
    std::string pattern;  // of the seller's name of the machine: "Standard_NC*"
    Result<ReadName> meaning;
  };
  std::vector<ByInstance> by_instance;  // the first that matches counts, before `plain`
};

class PriceNames {
 public:
  // The catalog outlives the object.
  explicit PriceNames(const catalog::Catalog& catalog) : catalog_{&catalog} {}

  void add(std::string_view printed, NameMeaning meaning);
  // `instance` may be empty. The error has no place: the caller knows the row.
  const Result<ReadName>& read(std::string_view printed, std::string_view instance);

 private:
  const catalog::Catalog* catalog_;
  std::map<std::string, NameMeaning, std::less<>> names_;  // by lower-cased name
};

// The names of one list ("skypilot", "gpurentalprices", "article").
Checked<PriceNames> load_price_names(std::string_view list, const catalog::Catalog& catalog);

}  // namespace assay::market
