// model_library.h — the built-in language models by name, and a user's own config.json by path.
// Names are Hugging Face ids ("meta-llama/Llama-3.1-70B"), short ids ("llama-3.1-70b") and aliases,
// case-insensitive. Reads only what is asked for. Data: data/models/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "catalog/language_model.h"

namespace assay::catalog {

struct ModelEntry {
  std::string id;                    // Hugging Face id
  std::string short_id;              // "llama-3.1-70b"
  std::vector<std::string> aliases;  // variants that share the shape
  std::string file;                  // embedded path of its config
  std::string source;
  bool assumed{};
  double published_parameters{};  // 0: not published
  double published_active{};
  std::string note;
};

// The index of the built-in models, sorted by short id.
Checked<std::vector<ModelEntry>> model_index();

// The model of one entry.
Checked<LanguageModel> load_model(const ModelEntry& entry);

// `name` is a name of the index, or a path to a config.json or to its folder.
Checked<LanguageModel> load_model(std::string_view name);

}  // namespace assay::catalog
