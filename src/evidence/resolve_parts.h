// resolve_parts.h — what the resolvers of inference and training rows share: names of accelerators
// and models → what the catalog knows of them, or why not.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/resolve.h"

namespace assay::evidence {

tl::unexpected<Refused> refuse(Refusal kind, std::string why);
tl::unexpected<Refused> unresolved(std::string why);

// "unknown model 'lama' (did you mean 'llama'?)".
std::string unknown_name(std::string_view what, const std::string& name,
                         const std::vector<std::string>& near);

struct NamedMachine {
  const AcceleratorName* meaning{};  // null: the name is the catalog's own
  const catalog::Accelerator* accelerator{};
  model::Hardware hardware;
};
tl::expected<NamedMachine, Refused> named_machine(const catalog::Catalog& catalog,
                                                  const NameTable& names, const std::string& name);

// The place of each entry, by each of its names in lower case.
std::map<std::string, std::size_t> places_by_name(const std::vector<catalog::ModelEntry>& entries);

// The model of an entry, read once and then kept under its short id.
using KeptModels = std::map<std::string, std::shared_ptr<const catalog::LanguageModel>>;
tl::expected<std::shared_ptr<const catalog::LanguageModel>, Refused> load_once(
    KeptModels& kept, const catalog::ModelEntry& entry);

template <class T>
void append(Errors& errors, const Checked<T>& result) {
  if (!result) errors.insert(errors.end(), result.error().begin(), result.error().end());
}

}  // namespace assay::evidence
