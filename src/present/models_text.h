// models_text.h — language models as tables: one line each, or one model's sheet. Computes no
// figure.
#pragma once

#include <string>

#include "catalog/language_model.h"
#include "plan/model_sheet.h"
#include "present/text_table.h"

namespace assay::present {

// "GQA 64/8", "MLA", "36 × linear + 12 × GQA 16/2": how the layers mix tokens.
std::string attention_text(const catalog::LanguageModel& model);
// The kinds alone: "GQA", "linear+GQA"; "GQAw" sees a window only.
std::string attention_kind(const catalog::LanguageModel& model);
// "328 kB", or "window" where the cache stops growing at a window.
std::string kv_text(const catalog::LanguageModel& model, Bytes per_token);
// "128 experts, 8 active, 1 shared …" or "dense".
std::string ffn_text(const catalog::LanguageModel& model);
// "fp8", "mxfp4 (experts only)", or the dtype.
std::string published_format(const catalog::LanguageModel& model);

// The sheet as rows figure, value, remark; the title is the command's.
TextTable model_sheet_table(const catalog::LanguageModel& model, const plan::ModelSheet& sheet);

}  // namespace assay::present
