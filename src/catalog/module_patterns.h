// module_patterns.h — which modules of a checkpoint a list of published names or patterns means.
// Three spellings meet in practice: names (model.layers.0.self_attn), globs (model.layers.0*) and
// regular expressions (re:.*self_attn.*). Names are compared from "layers." on, since wrappers
// prefix them. Built once, then asked per layer: a pattern of one layer is only compared with that.
// Plain value.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::catalog {

class ModulePatterns {
 public:
  ModulePatterns() = default;
  explicit ModulePatterns(const std::vector<std::string>& patterns);

  bool empty() const { return everywhere_.empty() && of_layer_.empty(); }
  // `module` as "self_attn.o_proj".
  bool match(int layer, std::string_view module) const;

 private:
  void add(std::string pattern);

  std::vector<std::string> everywhere_;
  std::map<int, std::vector<std::string>> of_layer_;
};

}  // namespace assay::catalog
