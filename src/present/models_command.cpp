// models_command.cpp — `assay models`: the built-in ones, or the sheet of one, or of a config.json.
#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"
#include "catalog/hf_config.h"
#include "catalog/model_library.h"
#include "present/colour.h"
#include "present/commands.h"
#include "present/figure_text.h"
#include "present/models_json.h"
#include "present/models_text.h"

namespace assay::present {
namespace {

constexpr std::string_view kNothing = "shown";

bool is_pattern(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

bool is_json(const Context& context) { return context.common.format == OutputFormat::kJson; }

int show_architectures(const Context& context) {
  TextTable table{{{.title = "architecture"}}, {}};
  for (const std::string& name : catalog::known_architectures()) table.rows.push_back({name});
  if (!is_json(context)) return print_table(context, std::move(table));
  context.streams.out << architectures_json(catalog::known_architectures());
  return kAnswered;
}

// 596 M, 70.6 B, 1.03 T
std::string short_count(double count) {
  if (count >= 1e12) return number_text(count / 1e12, 3) + " T";
  if (count >= 1e9) return number_text(count / 1e9, 3) + " B";
  return number_text(count / 1e6, 3) + " M";
}

std::string stored_format(const catalog::LanguageModel& model) {
  const catalog::Format format = model.quantisation ? model.quantisation->weights : model.dtype;
  return std::string{catalog::name(format)};
}

TextTable list_table(const std::vector<ListedModel>& models) {
  TextTable table{{{.title = "id"},
                   {.title = "params", .right = true, .key = "parameters"},
                   {.title = "active", .right = true},
                   {.title = "layers", .right = true},
                   {.title = "attention"},
                   {.title = "KV/token", .right = true, .key = "kv_per_token"},
                   {.title = "weights", .right = true},
                   {.title = "format"},
                   {.title = "context", .right = true, .drop_order = 2},
                   {.title = "code", .drop_order = 3},
                   {.title = "architecture", .drop_order = 4},
                   {.title = "source", .drop_order = 5}},
                  {}};
  for (const ListedModel& m : models) {
    table.rows.push_back({m.id,
                          short_count(m.sheet.parameters.total),
                          short_count(m.sheet.parameters.active),
                          std::to_string(m.model.layers()),
                          attention_kind(m.model),
                          kv_text(m.model, m.sheet.kv_per_token),
                          to_text(m.sheet.weights_published, 3),
                          stored_format(m.model),
                          grouped_text(m.model.context_max),
                          m.model.assumed ? "AS" : "VD",
                          m.model.architecture,
                          m.model.source});
  }
  return table;
}

int show_list(const Context& context, const std::string& pattern) {
  const auto index = catalog::model_index();
  if (!index) return report_errors(context, index.error(), kNothing);
  std::vector<ListedModel> models;
  Errors errors;
  for (const catalog::ModelEntry& entry : *index) {
    if (!pattern.empty() && !glob_match(pattern, entry.short_id) &&
        !glob_match(pattern, entry.id)) {
      continue;
    }
    auto model = catalog::load_model(entry);
    if (model) {
      plan::ModelSheet sheet = plan::model_sheet(*model);
      models.push_back({entry.short_id, std::move(*model), std::move(sheet)});
    } else {
      errors.insert(errors.end(), model.error().begin(), model.error().end());
    }
  }
  if (models.empty() && errors.empty()) {
    errors.push_back({.what = fmt::format("no model matches '{}'", excerpt(pattern)),
                      .expected = "a pattern that fits an id of assay models",
                      .near = {},
                      .where = {}});
  }
  if (!errors.empty()) return report_errors(context, std::move(errors), kNothing);
  if (is_json(context)) {
    context.streams.out << models_json(models);
    return kAnswered;
  }
  const int code = print_table(context, list_table(models));
  if (code == kAnswered && context.common.format == OutputFormat::kTable) {
    context.streams.out << "\nweights as published · KV cache of one sequence; w, window: only a "
                           "window is kept\n";
  }
  return code;
}

int show_model(const Context& context, const std::string& name) {
  auto loaded = catalog::load_model(name);
  if (!loaded) {
    const bool by_name = !loaded.error().front().where;
    const int code = report_errors(context, std::move(loaded.error()), kNothing);
    if (by_name) note(context, "assay models lists the built-in ones");
    return code;
  }
  ListedModel listed{.id = name, .model = std::move(*loaded), .sheet = {}};
  listed.sheet = plan::model_sheet(listed.model);
  if (is_json(context)) {
    context.streams.out << model_json(listed);
    return kAnswered;
  }
  std::ostream& out = context.streams.out;
  const bool aligned = context.common.format == OutputFormat::kTable;
  if (aligned) out << paint(listed.model.id, Colour::kBold, context.common.colour) << "\n\n";
  const int code = print_table(context, model_sheet_table(listed.model, listed.sheet));
  if (code != kAnswered || !aligned) return code;
  out << '\n';
  for (const std::string& text : {listed.model.note, listed.model.source.empty()
                                                         ? std::string{}
                                                         : "shape: " + listed.model.source}) {
    if (text.empty()) continue;
    for (const std::string& line : wrapped(text, kWidthMax)) out << line << '\n';
  }
  if (listed.model.assumed) out << "AS: the shape is assumed, not published\n";
  out << fmt::format("assay {} · why: assay explain {} kv\n", version(), name);
  return code;
}

}  // namespace

int models_command(const Context& context, const ModelsOptions& options) {
  if (options.architectures) return show_architectures(context);
  if (options.name.empty() || is_pattern(options.name)) return show_list(context, options.name);
  return show_model(context, options.name);
}

}  // namespace assay::present
