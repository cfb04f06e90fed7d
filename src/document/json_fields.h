// json_fields.h — a few known fields of a flat JSON object, read fast: lines of JSONL, and results
// of a benchmark with long lists. Values stay text, so that times can be read exactly.
// Only the named fields are looked into; of all others the text is skimmed. Not for documents that
// a person writes: read_json (read.h) checks those whole.
// The only file of the project that meets simdjson is json_fields.cpp. Used by one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::document {

struct JsonToken {
  std::string_view text;  // as it is written: 12, "x", null, or the bracket that opens it
  std::size_t offset{};   // in the text that was read
};

struct JsonField {
  JsonToken value;               // empty text: there is no such field
  std::vector<JsonToken> items;  // of a list
  bool present() const { return !value.text.empty(); }
  bool is_list() const { return value.text == "["; }
};

struct JsonProblem {
  std::string what, expected;
  std::size_t offset{};
};

class JsonFields {
 public:
  explicit JsonFields(std::vector<std::string> keys);
  JsonFields(JsonFields&&) noexcept;
  JsonFields& operator=(JsonFields&&) noexcept;
  ~JsonFields();

  // One object and nothing behind it. A named key that stands there twice is a problem.
  std::optional<JsonProblem> read(std::string_view text);

  // By the number of its key; valid until the next read().
  const JsonField& field(std::size_t key) const { return fields_[key]; }

 private:
  struct Parser;
  std::vector<std::string> keys_;
  std::vector<JsonField> fields_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace assay::document
