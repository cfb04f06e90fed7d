// hf_config.h — Hugging Face config.json, as published, → LanguageModel.
// Accepts dense, GQA, MLA, sliding window, MoE with shared experts, hybrid (state space, linear
// attention), vision wrappers (text_config) and quantisation blocks. An architecture that it does
// not know is refused with what is known of it, never guessed. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "catalog/language_model.h"
#include "document/node.h"

namespace assay::catalog {

// Every error carries file:line:column. `id` becomes LanguageModel::id.
Checked<LanguageModel> read_hf_config(const document::Document& config, std::string id);

// The same from text. Python writes Infinity and NaN into JSON, and some published files have them:
// they are let through where nothing reads them. `file` names the text in messages.
Checked<LanguageModel> read_hf_config_text(std::string file, std::string_view text, std::string id);

// Names of the architectures that read_hf_config accepts, sorted.
std::vector<std::string> known_architectures();

}  // namespace assay::catalog
