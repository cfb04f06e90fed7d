#include "evidence/prediction.h"

namespace assay::evidence {

std::string_view name(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
      return "predicted";
    case Refusal::kUnresolved:
      return "unresolved";
    case Refusal::kImpossible:
      return "impossible";
    case Refusal::kUnmodelled:
      return "unmodelled";
    case Refusal::kRefused:
      return "refused";
  }
  return "";
}

}  // namespace assay::evidence
