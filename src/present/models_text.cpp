#include "present/models_text.h"

#include <algorithm>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"
#include "present/figure_text.h"

namespace assay::present {
namespace {

using catalog::LanguageModel;

std::string mixer_text(const catalog::Mixer& mixer) {
  if (const auto* a = std::get_if<catalog::GroupedQueryAttention>(&mixer)) {
    const std::string_view kind = a->kv_heads == a->heads ? "MHA"
                                  : a->kv_heads == 1      ? "MQA"
                                                          : "GQA";
    const std::string heads = a->kv_heads == a->heads
                                  ? std::to_string(a->heads)
                                  : fmt::format("{}/{}", a->heads, a->kv_heads);
    return fmt::format("{} {}{}", kind, heads, a->window > 0 ? " window" : "");
  }
  if (const auto* l = std::get_if<catalog::LatentAttention>(&mixer)) {
    return l->indexer_heads > 0 ? "MLA sparse" : "MLA";
  }
  if (std::holds_alternative<catalog::LinearAttention>(mixer)) return "linear";
  if (std::holds_alternative<catalog::StateSpace>(mixer)) return "SSM";
  return {};
}

std::string one_ffn_text(const catalog::Ffn& ffn) {
  if (const auto* d = std::get_if<catalog::DenseFfn>(&ffn)) {
    return fmt::format("dense {}", grouped_text(d->intermediate));
  }
  if (const auto* m = std::get_if<catalog::MoeFfn>(&ffn)) {
    return fmt::format("{} of {} experts of {}{}", m->experts_per_token, m->experts,
                       grouped_text(m->expert_intermediate),
                       m->shared_intermediate > 0
                           ? fmt::format(" + shared {}", grouped_text(m->shared_intermediate))
                           : "");
  }
  return {};
}

// Each text once, with how many layers have it.
template <class F>
std::string by_layers(const LanguageModel& model, F text_of, bool counted) {
  std::vector<std::pair<std::string, int>> kinds;
  for (const catalog::Block& block : model.blocks) {
    const std::string text = text_of(block);
    if (text.empty()) continue;
    const auto known =
        std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.first == text; });
    if (known == kinds.end()) kinds.emplace_back(text, block.count);
    else known->second += block.count;
  }
  std::vector<std::string> words;
  for (const auto& [text, layers] : kinds) {
    words.push_back(counted && kinds.size() > 1 ? fmt::format("{} × {}", layers, text) : text);
  }
  return join(words, counted ? " + " : "+");
}

std::string percent(std::optional<double> ratio) {
  if (!ratio) return "not published";
  return fmt::format("{:+.2f} %", *ratio * 100);
}

using Row = std::vector<std::string>;

void add_counts(std::vector<Row>& rows, const LanguageModel& model,
                const plan::ModelSheet& sheet) {
  const auto published = [](std::optional<double> count, std::optional<double> deviation) {
    if (!count) return std::string{"not published"};
    return fmt::format("published: {} ({})", count_text(*count, 4), percent(deviation));
  };
  rows.push_back({"parameters", count_text(sheet.parameters.total, 4),
                  published(model.published_parameters, sheet.total_deviation)});
  rows.push_back({"  active", count_text(sheet.parameters.active, 4),
                  published(model.published_active, sheet.active_deviation)});
  for (const plan::ParameterPart& part : sheet.parts) {
    const bool outside = part.count == sheet.parameters.total - sheet.parameters.decoder;
    rows.push_back({fmt::format("  {}", part.name), count_text(part.count, 4),
                    outside ? model.other_note : ""});
  }
}

void add_bytes(std::vector<Row>& rows, const LanguageModel& model, const plan::ModelSheet& sheet) {
  rows.push_back({"weights", to_text(sheet.weights_published),
                  fmt::format("as published: {}", published_format(model))});
  for (const plan::FormatBytes& f : sheet.formats) {
    rows.push_back({fmt::format("  in {}", catalog::name(f.format)), to_text(f.weights), ""});
  }
  rows.push_back({"KV cache per token", kv_text(model, sheet.kv_per_token),
                  fmt::format("one sequence, {}", catalog::name(sheet.kv_format))});
  for (const plan::AtContext& at : sheet.contexts) {
    rows.push_back({fmt::format("  at {} tokens", grouped_text(at.tokens)), to_text(at.kv),
                    fmt::format("{} per token there", to_text(at.per_token))});
  }
}

}  // namespace

std::string attention_text(const LanguageModel& model) {
  return by_layers(model, [](const catalog::Block& b) { return mixer_text(b.mixer); }, true);
}

std::string attention_kind(const LanguageModel& model) {
  const auto kind = [](const catalog::Block& b) {
    std::string text = mixer_text(b.mixer);
    const bool windowed = text.ends_with(" window");
    text = text.substr(0, text.find(' '));
    return windowed ? text + "w" : text;
  };
  return by_layers(model, kind, false);
}

std::string kv_text(const LanguageModel& model, Bytes per_token) {
  const bool window_only = per_token.base() == 0 && attention_kind(model).ends_with('w');
  return window_only ? "window" : to_text(per_token, 3);
}

std::string ffn_text(const LanguageModel& model) {
  return by_layers(model, [](const catalog::Block& b) { return one_ffn_text(b.ffn); }, true);
}

std::string published_format(const LanguageModel& model) {
  if (!model.quantisation) return std::string{catalog::name(model.dtype)};
  const auto& q = *model.quantisation;
  return fmt::format("{}{}", catalog::name(q.weights), q.experts_only ? " experts" : "");
}

TextTable model_sheet_table(const LanguageModel& model, const plan::ModelSheet& sheet) {
  TextTable table{{{.title = "figure"}, {.title = "value", .right = true},
                   {.title = "remark", .wraps = true}},
                  {}};
  table.rows.push_back({"architecture", model.architecture, ""});
  table.rows.push_back({"layers", std::to_string(model.layers()),
                        fmt::format("hidden {}", grouped_text(model.hidden))});
  table.rows.push_back({"attention", "", attention_text(model)});
  table.rows.push_back({"feed-forward", "", ffn_text(model)});
  table.rows.push_back({"context", model.context_max > 0 ? grouped_text(model.context_max)
                                                         : std::string{kUnknownText},
                        "tokens at most"});
  table.rows.push_back({"vocabulary", grouped_text(model.vocabulary),
                        model.tied_embeddings ? "input and output table are one" : ""});
  add_counts(table.rows, model, sheet);
  add_bytes(table.rows, model, sheet);
  return table;
}

}  // namespace assay::present
