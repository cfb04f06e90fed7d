// Strict JSON. nlohmann's SAX parser accepts or refuses, and decodes the strings; it tells no
// places, so a cursor walks over the same text, one token an event.
#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/assert.h"
#include "base/text.h"
#include "document/characters.h"
#include "document/read.h"

namespace assay::document {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kErrorsShown = 50;

// A collection whose end has not been seen yet.
struct Open {
  Node node;
  std::string key;
  Mark key_mark;
  std::unordered_map<std::string, int> key_lines;
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_between(char c) { return is_space(c) || c == ',' || c == ':'; }

// "[json.exception.parse_error.101] parse error at line 1, column 8: syntax error while parsing
// object key - unexpected '}'; expected string literal" → its last two parts.
std::pair<std::string, std::string> without_wrapping(std::string_view raw) {
  if (const std::size_t at = raw.find(" - "); at != std::string_view::npos)
    raw.remove_prefix(at + 3);
  raw = raw.substr(0, raw.find("; last read: "));  // the rest of the file, at worst
  std::string what{raw}, expected;
  if (const std::size_t at = raw.find("; expected "); at != std::string_view::npos) {
    expected = raw.substr(at + 11);
    what = raw.substr(0, at);
  }
  if (expected == "string literal") expected = "a key in double quotes";
  if (expected == "']'" || expected == "'}'") expected = "',' or " + expected;
  if (what.ends_with(" literal")) what.resize(what.size() - 8);
  return {excerpt(what, 120), expected};
}

// nlohmann's interface: each function returns false to stop.
class JsonBuilder {
 public:
  JsonBuilder(std::string file, std::string_view text)
      : file_{std::move(file)}, text_{text}, cursor_{text} {}

  bool null() { return scalar(Node::Kind::kNull, 0); }
  bool boolean(bool value) { return scalar(Node::Kind::kBool, value ? 1 : 0); }
  bool number_integer(Json::number_integer_t value) {
    return scalar(Node::Kind::kNumber, static_cast<double>(value));
  }
  bool number_unsigned(Json::number_unsigned_t value) {
    return scalar(Node::Kind::kNumber, static_cast<double>(value));
  }
  bool number_float(Json::number_float_t value, const std::string&) {
    return scalar(Node::Kind::kNumber, value);
  }
  bool string(std::string& value);
  bool binary(Json::binary_t&) { return false; }  // never in text
  bool start_object(std::size_t) { return open(Node::Kind::kMapping); }
  bool start_array(std::size_t) { return open(Node::Kind::kSequence); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& value);
  bool parse_error(std::size_t position, const std::string& token, const Json::exception& error);

  Checked<Document> finish();

 private:
  bool fail(Mark mark, std::string what, std::string expected,
            Error::Kind kind = Error::Kind::kInput);
  bool scalar(Node::Kind kind, double value);
  bool open(Node::Kind kind);
  bool close();
  bool add(Node node);
  std::string_view token();
  std::size_t skip_to_problem(std::size_t position);

  std::string file_;
  std::string_view text_;
  Cursor cursor_;
  Mark token_mark_;
  std::vector<Open> open_;
  std::optional<Node> root_;
  Errors errors_;
  std::size_t nodes_{};
};

bool JsonBuilder::fail(Mark mark, std::string what, std::string expected, Error::Kind kind) {
  errors_.push_back({.kind = kind,
                     .what = std::move(what),
                     .expected = std::move(expected),
                     .near = {},
                     .where = Where{file_, mark.line, mark.column}});
  return errors_.size() < kErrorsShown;
}

// The next token as written; the parser has accepted it, so its end is easy to find.
std::string_view JsonBuilder::token() {
  while (!cursor_.at_end() && is_between(cursor_.peek())) cursor_.advance();
  token_mark_ = cursor_.mark();
  const std::size_t begin = cursor_.offset();
  ASSAY_ASSERT(begin < text_.size());
  std::size_t end = begin + 1;
  if (text_[begin] == '"') {
    while (text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    ++end;
  } else if (std::string_view{"[]{}"}.find(text_[begin]) == std::string_view::npos) {
    end = std::min(text_.find_first_of(" \t\r\n,:[]{}", begin), text_.size());
  }
  cursor_.advance(end - begin);
  return text_.substr(begin, end - begin);
}

bool JsonBuilder::scalar(Node::Kind kind, double value) {
  Node node;
  node.kind = kind;
  node.text = std::string{token()};
  node.mark = token_mark_;
  node.boolean = kind == Node::Kind::kBool && value != 0;
  node.number = kind == Node::Kind::kNumber ? value : 0;
  return add(std::move(node));
}

bool JsonBuilder::string(std::string& value) {
  token();
  Node node;
  node.kind = Node::Kind::kString;
  node.text = std::move(value);
  node.mark = token_mark_;
  return add(std::move(node));
}

bool JsonBuilder::key(std::string& value) {
  token();
  Open& top = open_.back();
  const auto [first, is_new] = top.key_lines.try_emplace(value, token_mark_.line);
  top.key = std::move(value);
  top.key_mark = token_mark_;
  if (is_new) return true;
  return fail(
      token_mark_,
      fmt::format("duplicate key '{}'; first given at line {}", excerpt(top.key), first->second),
      "");
}

bool JsonBuilder::open(Node::Kind kind) {
  token();
  if (open_.size() == static_cast<std::size_t>(kDepthMax)) {
    fail(token_mark_, fmt::format("nested deeper than {} levels", kDepthMax), "",
         Error::Kind::kLimit);
    return false;
  }
  Open opened;
  opened.node.kind = kind;
  opened.node.mark = token_mark_;
  open_.push_back(std::move(opened));
  return true;
}

bool JsonBuilder::close() {
  token();
  Node node = std::move(open_.back().node);
  open_.pop_back();
  return add(std::move(node));
}

bool JsonBuilder::add(Node node) {
  if (++nodes_ > kNodesMax) {
    fail(node.mark, "too many values", fmt::format("at most {}", kNodesMax), Error::Kind::kLimit);
    return false;
  }
  if (open_.empty()) {
    root_ = std::move(node);
    return true;
  }
  Open& top = open_.back();
  if (top.node.is(Node::Kind::kSequence)) {
    top.node.items.push_back(std::move(node));
  } else {
    top.node.members.push_back({std::move(top.key), top.key_mark, std::move(node)});
  }
  return true;
}

// Where the parser gave up: behind the last token that was accepted, and what separates it.
std::size_t JsonBuilder::skip_to_problem(std::size_t position) {
  while (cursor_.offset() + 1 < position && is_between(cursor_.peek())) cursor_.advance();
  while (!cursor_.at_end() && is_space(cursor_.peek())) cursor_.advance();
  return cursor_.offset();
}

bool JsonBuilder::parse_error(std::size_t position, const std::string&,
                              const Json::exception& error) {
  const std::size_t offset = skip_to_problem(std::min(position, text_.size()));
  const std::string_view rest = text_.substr(offset);
  const std::string word = excerpt(rest.substr(0, rest.find_first_of(" \t\r\n,:[]{}")), 20);
  const std::string_view raw = error.what();
  const bool after_comma = trim(text_.substr(0, offset)).ends_with(',');
  if (raw.find("number overflow") != std::string_view::npos) {
    fail(cursor_.mark(), fmt::format("the number {} is too large", word), "");
  } else if (rest.starts_with('/') || rest.starts_with('#')) {
    fail(cursor_.mark(), "a comment", "JSON, which has no comments");
  } else if (rest.starts_with('\'')) {
    fail(cursor_.mark(), "single quotes", "double quotes");
  } else if (after_comma && (rest.starts_with('}') || rest.starts_with(']'))) {
    fail(cursor_.mark(), fmt::format("a comma before '{}'", rest[0]), "none after the last value");
  } else if (raw.find("invalid literal") != std::string_view::npos) {
    fail(cursor_.mark(), fmt::format("'{}' is no JSON value", word),
         "a number, true, false, null, or text in double quotes");
  } else {
    const auto [what, expected] = without_wrapping(raw);
    fail(cursor_.mark(), fmt::format("not valid JSON: {}", what), expected);
  }
  return false;
}

Checked<Document> JsonBuilder::finish() {
  if (!errors_.empty()) {
    sort_by_place(errors_);
    return tl::unexpected(std::move(errors_));
  }
  ASSAY_ASSERT(root_.has_value());
  return Document{std::move(file_), std::move(*root_)};
}

}  // namespace

Checked<Document> read_json(std::string file, std::string_view whole) {
  const std::string_view text = without_bom(whole);
  if (auto error = refuse_size(file, whole)) return tl::unexpected(Errors{*std::move(error)});
  if (auto error = refuse_characters(file, text)) return tl::unexpected(Errors{*std::move(error)});
  if (trim(text).empty()) {
    return tl::unexpected(Errors{{.what = "the document is empty",
                                  .expected = "JSON",
                                  .near = {},
                                  .where = Where{file, 0, 0}}});
  }
  JsonBuilder builder{std::move(file), text};
  Json::sax_parse(text, &builder);
  return builder.finish();
}

}  // namespace assay::document
