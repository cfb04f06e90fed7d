#include "document/json_fields.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/text.h"

namespace assay::document {

namespace {

namespace ondemand = simdjson::ondemand;

std::string text_of(simdjson::error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR:
      return "no UTF-8 text";
    case simdjson::UNCLOSED_STRING:
      return "a string that is never closed";
    case simdjson::UNESCAPED_CHARS:
      return "a control character in a string";
    case simdjson::INCORRECT_TYPE:
      return "no JSON object";
    case simdjson::EMPTY:
      return "nothing but blanks";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "no closing bracket at the end";
    default:
      return "no valid JSON";
  }
}

}  // namespace

struct JsonFields::Parser {
  ondemand::parser parser;
  std::string padded;  // the text, and the bytes behind it that simdjson may read
  std::size_t size{};

  JsonToken token(std::string_view raw) const {
    const auto offset = static_cast<std::size_t>(raw.data() - padded.data());
    return {trim(raw), offset};
  }

  JsonProblem problem(simdjson::error_code code, ondemand::document& document) const {
    const char* where = nullptr;
    std::size_t offset = 0;
    if (document.current_location().get(where) == simdjson::SUCCESS && where != nullptr &&
        where >= padded.data()) {
      offset = std::min(static_cast<std::size_t>(where - padded.data()), size);
    }
    return {text_of(code), "one JSON object", offset};
  }

  simdjson::error_code take(ondemand::value value, JsonField& field) const {
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    field.value = token(value.raw_json_token());
    if (type != ondemand::json_type::array) {
      if (type == ondemand::json_type::object) field.value.text = "{";
      return simdjson::SUCCESS;
    }
    field.value.text = "[";
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return error;
    for (auto item : array) {
      ondemand::value element;
      if (const auto error = item.get(element)) return error;
      JsonToken found = token(element.raw_json_token());
      if (found.text.starts_with('[') || found.text.starts_with('{')) {
        found.text = found.text.substr(0, 1);
      }
      field.items.push_back(found);
    }
    return simdjson::SUCCESS;
  }
};

JsonFields::JsonFields(std::vector<std::string> keys)
    : keys_{std::move(keys)}, fields_(keys_.size()), parser_{std::make_unique<Parser>()} {}
JsonFields::JsonFields(JsonFields&&) noexcept = default;
JsonFields& JsonFields::operator=(JsonFields&&) noexcept = default;
JsonFields::~JsonFields() = default;

std::optional<JsonProblem> JsonFields::read(std::string_view text) {
  for (JsonField& field : fields_) field.value = {}, field.items.clear();
  Parser& p = *parser_;
  p.size = text.size();
  p.padded.assign(text);
  p.padded.append(simdjson::SIMDJSON_PADDING, '\0');

  ondemand::document document;
  const simdjson::padded_string_view view{p.padded.data(), p.size, p.padded.size()};
  if (const auto error = p.parser.iterate(view).get(document)) {
    return JsonProblem{text_of(error), "one JSON object", 0};
  }
  ondemand::object object;
  if (const auto error = document.get_object().get(object)) return p.problem(error, document);
  for (auto entry : object) {
    ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return p.problem(error, document);
    for (std::size_t key = 0; key < keys_.size(); ++key) {
      if (!field.key().unsafe_is_equal(keys_[key])) continue;
      if (fields_[key].present()) {
        return JsonProblem{fmt::format("the key '{}' stands there twice", keys_[key]), "it once",
                           p.token(field.value().raw_json_token()).offset};
      }
      if (const auto error = p.take(field.value(), fields_[key])) return p.problem(error, document);
      break;
    }
  }
  const char* behind_it = nullptr;
  if (document.current_location().get(behind_it) == simdjson::SUCCESS) {
    JsonProblem behind = p.problem(simdjson::TRAILING_CONTENT, document);
    behind.what = "something behind the end of the object";
    return behind;
  }
  return {};
}

}  // namespace assay::document
