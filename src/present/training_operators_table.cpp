#include "present/training_operators_table.h"

#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/unit_text.h"
#include "model/training_operators.h"

namespace assay::present {
namespace {

using model::TrainingOperator;

// Equal layers, or the end of the model.
struct Part {
  std::string name;
  int layers{};
  std::vector<TrainingOperator> operators;
};

std::string layer_name(const catalog::Block& block) {
  return std::holds_alternative<catalog::MoeFfn>(block.ffn) ? "experts' layer" : "layer";
}

std::vector<Part> parts_of(const model::TrainingSubject& subject,
                           const model::TrainingLayout& layout) {
  const model::ShardShape shape = model::shard_shape(layout);
  std::vector<Part> parts;
  for (const catalog::Block& block : subject.model.blocks) {
    parts.push_back(
        {layer_name(block), block.count, model::layer_operators(subject, block, shape)});
  }
  parts.push_back({"end", 1, model::output_operators(subject, shape)});
  return parts;
}

std::string_view work_name(model::TrainingOperatorKind work) {
  switch (work) {
    case model::TrainingOperatorKind::kMatrix:
      return "matrix";
    case model::TrainingOperatorKind::kAttention:
      return "attention";
    case model::TrainingOperatorKind::kElementwise:
      return "memory";
    case model::TrainingOperatorKind::kTensor:
      return "tensor ranks";
    case model::TrainingOperatorKind::kContext:
      return "context ranks";
    case model::TrainingOperatorKind::kExpert:
      return "expert ranks";
  }
  return "";
}

std::string time_text(double seconds) {
  return seconds > 0 ? to_text(Seconds::from_base(seconds), 3) : "";
}

}  // namespace

TextTable training_operators(const model::TrainingSubject& subject,
                             const model::TrainingLayout& layout) {
  TextTable table{{{.title = "part"},
                   {.title = "layers", .right = true},
                   {.title = "operator"},
                   {.title = "work"},
                   {.title = "GFLOP", .right = true},
                   {.title = "MB", .right = true},
                   {.title = "forward", .right = true},
                   {.title = "backward", .right = true},
                   {.title = "of weights", .right = true, .key = "backward_weight"}},
                  {}};
  for (const Part& part : parts_of(subject, layout)) {
    for (const TrainingOperator& op : part.operators) {
      table.rows.push_back({part.name, std::to_string(part.layers), std::string{op.name},
                            std::string{work_name(op.kind)},
                            op.forward_flops > 0 ? number_text(op.forward_flops / 1e9, 3) : "",
                            op.forward_bytes > 0 ? number_text(op.forward_bytes / 1e6, 3) : "",
                            time_text(op.forward), time_text(op.backward),
                            time_text(op.backward_weight)});
    }
  }
  return table;
}

nlohmann::ordered_json training_operators_json(const model::TrainingSubject& subject,
                                               const model::TrainingLayout& layout) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Part& part : parts_of(subject, layout)) {
    for (const TrainingOperator& op : part.operators) {
      list.push_back({{"part", part.name},
                      {"layers", part.layers},
                      {"operator", op.name},
                      {"work", work_name(op.kind)},
                      {"forward_flop", op.forward_flops},
                      {"forward_bytes", op.forward_bytes},
                      {"forward_ms", op.forward * 1e3},
                      {"backward_ms", op.backward * 1e3},
                      {"backward_weight_ms", op.backward_weight * 1e3}});
    }
  }
  return list;
}

}  // namespace assay::present
