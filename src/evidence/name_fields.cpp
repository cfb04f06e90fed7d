#include "evidence/name_fields.h"

#include "base/text.h"

namespace assay::evidence {

bool same_name(std::string_view a, std::string_view b) { return to_lower(a) == to_lower(b); }

std::string text_or_empty(document::Binder& b, std::string_view key) {
  return b.take_text(key, document::Need::kOptional).value_or("");
}

std::string month_of(std::string_view date) {
  date = trim(date);
  if (date.starts_with('~')) date.remove_prefix(1);
  return std::string{date.substr(0, 7)};
}

bool within_months(std::string_view month, std::string_view since, std::string_view before) {
  if (since.empty() && before.empty()) return true;
  if (month.empty() || month < since) return false;
  return before.empty() || month < before;
}

}  // namespace assay::evidence
