#include "catalog/model_library.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "base/nearest.h"
#include "base/text.h"
#include "catalog/embedded.h"
#include "catalog/hf_config.h"
#include "document/bind.h"
#include "document/read.h"

namespace assay::catalog {

using document::Binder;
using document::Need;
using document::Node;

namespace {

constexpr std::string_view kFolder = "data/models/";

Error no_such(std::string what, std::vector<std::string> near) {
  return {.kind = Error::Kind::kInput,
          .what = std::move(what),
          .expected = "a name that 'assay models' lists, or the path of a config.json",
          .near = std::move(near),
          .where = {}};
}

double count(Binder& entry, std::string_view key) {
  const auto value = entry.take_quantity<Quantity<Dim{}>>(key, Need::kOptional,
                                                          {1, std::numeric_limits<double>::max()});
  return value ? value->base() : 0;
}

ModelEntry read_entry(const document::Document& index, const Node& node, Errors& errors) {
  Binder entry{index, node, errors, "model"};
  ModelEntry model;
  model.id = entry.take_text("id", Need::kRequired).value_or("");
  model.short_id = entry.take_text("short", Need::kRequired).value_or("");
  model.aliases = entry.take_texts("aliases", Need::kOptional);
  model.file = std::string{kFolder} + entry.take_text("file", Need::kRequired).value_or("");
  model.source = entry.take_text("source", Need::kRequired).value_or("");
  model.assumed = entry.take_bool("assumed", Need::kOptional).value_or(false);
  model.published_parameters = count(entry, "parameters");
  model.published_active = count(entry, "active");
  model.note = entry.take_text("note", Need::kOptional).value_or("");
  entry.finish();
  return model;
}

std::vector<std::string> names_of(const ModelEntry& entry) {
  std::vector<std::string> names{entry.short_id, entry.id};
  names.insert(names.end(), entry.aliases.begin(), entry.aliases.end());
  return names;
}

std::optional<double> published(double value) {
  return value > 0 ? std::optional{value} : std::nullopt;
}

// The config that a path means: a file, or the config.json of a folder.
std::optional<std::string> config_path(std::string_view name) {
  std::error_code ignored;
  const std::filesystem::path path{name};
  if (std::filesystem::is_directory(path, ignored)) return (path / "config.json").string();
  const bool exists = std::filesystem::exists(path, ignored);
  if (exists || name.ends_with(".json")) return std::string{name};
  return std::nullopt;
}

}  // namespace

Checked<std::vector<ModelEntry>> model_index() {
  const std::string file = std::string{kFolder} + "index.yaml";
  const auto text = embedded_file(file);
  if (!text) return tl::unexpected(Errors{no_such("'" + file + "' is not built in", {})});
  const auto index = document::read_document(file, *text);
  if (!index) return tl::unexpected(index.error());
  Errors errors;
  Binder root{*index, index->root, errors, "index of models"};
  const Node* models = root.take("models", Need::kRequired);
  root.finish();
  std::vector<ModelEntry> entries;
  if (models != nullptr) {
    for (const Node& node : models->items) entries.push_back(read_entry(*index, node, errors));
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  std::ranges::sort(entries, {}, &ModelEntry::short_id);
  return entries;
}

Checked<LanguageModel> load_model(const ModelEntry& entry) {
  const auto text = embedded_file(entry.file);
  if (!text) return tl::unexpected(Errors{no_such("'" + entry.file + "' is not built in", {})});
  auto model = read_hf_config_text(entry.file, *text, entry.id);
  if (!model) return model;
  model->source = entry.source;
  model->assumed = entry.assumed;
  if (!entry.note.empty()) model->note = entry.note;
  model->published_parameters = published(entry.published_parameters);
  model->published_active = published(entry.published_active);
  return model;
}

Checked<LanguageModel> load_model(std::string_view name) {
  const auto index = model_index();
  if (!index) return tl::unexpected(index.error());
  const std::string wanted = to_lower(name);
  std::vector<std::string> known;
  for (const ModelEntry& entry : *index) {
    for (std::string& spelled : names_of(entry)) {
      if (to_lower(spelled) == wanted) return load_model(entry);
      known.push_back(std::move(spelled));
    }
  }
  const auto path = config_path(name);
  if (!path) {
    return tl::unexpected(
        Errors{no_such("unknown model '" + std::string{name} + "'", nearest(name, known))});
  }
  const auto text = document::read_text(*path);
  if (!text) return tl::unexpected(Errors{text.error()});
  return read_hf_config_text(*path, *text, *path);
}

}  // namespace assay::catalog
