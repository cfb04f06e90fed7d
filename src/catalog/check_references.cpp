#include "catalog/check_references.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/assert.h"
#include "base/text.h"

namespace assay::catalog {
namespace {

struct Owner {
  std::string id;
  Where where;
};
using Names = std::map<std::string, Owner>;  // lower case

void claim(Names& names, const std::string& name, const Owner& owner, Errors& errors) {
  const auto [found, fresh] = names.emplace(to_lower(name), owner);
  if (fresh) return;
  const Owner& first = found->second;
  errors.push_back({.what = "the name '" + name + "' of '" + owner.id + "' is taken by '" +
                            first.id + "' (" + first.where.file + ")",
                    .expected = "names and aliases that are used once in the catalog",
                    .near = {},
                    .where = owner.where});
}

template <class Subject>
void claim_all(Names& names, const std::vector<Subject>& subjects, Errors& errors) {
  for (const Subject& subject : subjects) {
    const Owner owner{subject.id, subject.where};
    claim(names, subject.id, owner, errors);
    for (const std::string& alias : subject.aliases) claim(names, alias, owner, errors);
  }
}

std::size_t index_of(const Catalog& catalog, const System& system) {
  return static_cast<std::size_t>(&system - catalog.systems.data());
}

// Counts accelerators depth first; a system that is met while it is being counted contains itself.
class Counter {
 public:
  Counter(Catalog& catalog, const std::vector<SystemFile>& files, Errors& errors)
      : catalog_{catalog}, files_{files}, errors_{errors}, states_(catalog.systems.size()) {}

  void count(std::size_t index) {
    System& system = catalog_.systems[index];
    states_[index] = State::kOpen;
    long long total = 0;
    bool known = true;
    for (std::size_t i = 0; i < system.parts.size(); ++i) {
      const int each = count_part(system.parts[i], files_[index].part_wheres[i]);
      known = known && each > 0;
      total += static_cast<long long>(each) * system.parts[i].count;
    }
    constexpr long long kAcceleratorsMax = 100'000'000;
    if (!system.parts.empty()) {
      system.accelerators = known && total <= kAcceleratorsMax ? static_cast<int>(total) : 0;
    }
    states_[index] = State::kDone;
  }

  void count_all() {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (states_[i] == State::kNew) count(i);
    }
  }

 private:
  enum class State : std::uint8_t { kNew, kOpen, kDone };

  int count_part(const SystemPart& part, const Where& where) {
    const System* found = catalog_.system(part.system);
    if (found == nullptr) {
      Error error = catalog_.unknown_system(part.system);
      error.where = where;
      errors_.push_back(std::move(error));
      return 0;
    }
    const std::size_t index = index_of(catalog_, *found);
    if (states_[index] == State::kOpen) {
      errors_.push_back(
          {.what = "the system contains itself through its part '" + part.system + "'",
           .expected = "parts that are smaller systems",
           .near = {},
           .where = where});
      return 0;
    }
    if (states_[index] == State::kNew) count(index);
    return found->accelerators;
  }

  Catalog& catalog_;
  const std::vector<SystemFile>& files_;
  Errors& errors_;
  std::vector<State> states_;
};

}  // namespace

void check_references(Catalog& catalog, const std::vector<SystemFile>& files, Errors& errors) {
  ASSAY_ASSERT(files.size() == catalog.systems.size());
  Names names;
  claim_all(names, catalog.accelerators, errors);
  claim_all(names, catalog.systems, errors);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string& id = catalog.systems[i].accelerator;
    if (id.empty() || catalog.accelerator(id) != nullptr) continue;
    Error error = catalog.unknown_accelerator(id);
    error.where = files[i].accelerator_where;
    errors.push_back(std::move(error));
  }
  Counter{catalog, files, errors}.count_all();
}

}  // namespace assay::catalog
