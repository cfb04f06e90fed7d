#include "evidence/resolve_parts.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace assay::evidence {

tl::unexpected<Refused> refuse(Refusal kind, std::string why) {
  return tl::unexpected(Refused{.kind = kind, .why = std::move(why)});
}

tl::unexpected<Refused> unresolved(std::string why) {
  return refuse(Refusal::kUnresolved, std::move(why));
}

std::string unknown_name(std::string_view what, const std::string& name,
                         const std::vector<std::string>& near) {
  std::string text = fmt::format("unknown {} '{}'", what, excerpt(name));
  if (!near.empty()) text += fmt::format(" (did you mean '{}'?)", near.front());
  return text;
}

tl::expected<NamedMachine, Refused> named_machine(const catalog::Catalog& catalog,
                                                  const NameTable& names, const std::string& name) {
  const AcceleratorName* meaning = names.accelerator(name);
  if (meaning != nullptr && !meaning->refuse.empty()) {
    return unresolved(fmt::format("accelerator '{}': {}", name, meaning->refuse));
  }
  const std::string& id = meaning != nullptr ? meaning->accelerator : name;
  const catalog::Accelerator* accelerator = catalog.accelerator(id);
  if (accelerator == nullptr) {
    return unresolved(unknown_name("accelerator", id, catalog.unknown_accelerator(id).near));
  }
  const bool placed = meaning != nullptr && !meaning->system.empty();
  auto hardware = model::resolve_hardware(catalog, *accelerator,
                                          placed ? catalog.system(meaning->system) : nullptr);
  if (!hardware) return refuse(Refusal::kRefused, hardware.error().what);
  return NamedMachine{
      .meaning = meaning, .accelerator = accelerator, .hardware = *std::move(hardware)};
}

std::map<std::string, std::size_t> places_by_name(const std::vector<catalog::ModelEntry>& entries) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    places.emplace(to_lower(entries[i].id), i);
    places.emplace(to_lower(entries[i].short_id), i);
    for (const std::string& alias : entries[i].aliases) places.emplace(to_lower(alias), i);
  }
  return places;
}

tl::expected<std::shared_ptr<const catalog::LanguageModel>, Refused> load_once(
    KeptModels& kept, const catalog::ModelEntry& entry) {
  auto& model = kept[entry.short_id];
  if (model == nullptr) {
    const auto loaded = catalog::load_model(entry);
    if (!loaded) return refuse(Refusal::kRefused, loaded.error().front().what);
    model = std::make_shared<const catalog::LanguageModel>(*loaded);
  }
  return model;
}

}  // namespace assay::evidence
