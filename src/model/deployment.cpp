#include "model/deployment.h"

#include <cmath>

#include <fmt/format.h>

namespace assay::model {

double tokens_per_iteration(const Speculation& speculation) {
  double tokens = 1, accepted = 1;
  for (int i = 0; i < speculation.draft_tokens; ++i) {
    accepted *= speculation.acceptance;
    tokens += accepted;
  }
  return tokens;
}

std::string layout_text(const Deployment& deployment) {
  std::string text = fmt::format("tp{}", deployment.tensor);
  const auto add = [&](std::string_view name, int ranks) {
    if (ranks > 1) text += fmt::format(" {}{}", name, ranks);
  };
  add("pp", deployment.pipeline);
  add("dp", deployment.data);
  add("ep", deployment.expert);
  if (deployment.speculation.draft_tokens > 0) {
    add("draft", deployment.speculation.draft_tokens);
  }
  return text;
}

}  // namespace assay::model
