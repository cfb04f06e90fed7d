#include "document/read.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <yaml.h>

#include "base/assert.h"
#include "base/text.h"
#include "document/characters.h"

namespace assay::document {

namespace {

constexpr std::size_t kErrorsShown = 50;

Mark mark_of(const yaml_mark_t& mark) {
  return {static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1};
}

bool place_before(Mark a, Mark b) {
  return a.line != b.line ? a.line < b.line : a.column < b.column;
}

// What is wrong and where, in this reader's words.
struct Complaint {
  Mark mark;
  std::string what, expected;
};

// libyaml's complaint, and what is needed to say it better.
struct Problem {
  std::string_view problem, context;
  Mark mark, context_mark;
  char character;  // at mark; NUL at the end of the text
  Mark last;       // beginning of the last value read
  char bracket;    // of the innermost collection that has one; else NUL
  Mark bracket_mark;
};

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::optional<Complaint> explain_brackets(const Problem& p) {
  if (p.character == '\0' && p.bracket != '\0' && !holds(p.context, "scanning")) {
    return Complaint{p.bracket_mark, fmt::format("the '{}' is never closed", p.bracket), ""};
  }
  const bool list = holds(p.problem, "',' or ']'");
  if (list || holds(p.problem, "',' or '}'")) {
    const char close = list ? ']' : '}';
    return Complaint{p.mark,
                     fmt::format("no ',' or '{}' before this, in the {} that begins in line {}",
                                 close, list ? "list" : "mapping", p.context_mark.line),
                     ""};
  }
  if (!holds(p.problem, "expected node content")) return std::nullopt;
  if (p.character == ',') return Complaint{p.mark, "a comma without a value before it", ""};
  if (p.character == ']' || p.character == '}') {
    return Complaint{p.mark, fmt::format("a '{}' that does not fit", p.character), ""};
  }
  return Complaint{p.mark, "a missing value", ""};
}

std::optional<Complaint> explain_characters(const Problem& p) {
  if (holds(p.problem, "tab character") || (holds(p.problem, "start any") && p.character == '\t')) {
    return Complaint{p.mark, "a tab in the indentation", "spaces"};
  }
  const bool special = holds(p.context, "anchor") || holds(p.context, "alias");
  if (holds(p.problem, "start any") || special) {
    const Mark mark = special ? p.context_mark : p.mark;
    const char first = !special ? p.character : holds(p.context, "alias") ? '*' : '&';
    return Complaint{mark, fmt::format("text that begins with '{}'", first), "quotes around it"};
  }
  if (holds(p.context, "block scalar") && holds(p.problem, "comment or line break")) {
    return Complaint{p.context_mark, "text right behind '|' or '>'",
                     "a new line, or quotes around it all"};
  }
  if (holds(p.context, "tag") || holds(p.problem, "tag handle")) {
    return Complaint{p.context_mark, "a tag ('!')", "the value without a tag"};
  }
  if (!holds(p.context, "quoted scalar")) return std::nullopt;
  if (holds(p.problem, "unexpected")) {
    return Complaint{p.context_mark, "a quote that is never closed", ""};
  }
  return Complaint{p.mark, "a '\\' that YAML does not know",
                   "an escape such as '\\n', '\\\\' for the character itself, or single quotes"};
}

std::optional<Complaint> explain_lines(const Problem& p) {
  constexpr std::string_view kOneALine = "one 'key: value' a line";
  if (holds(p.problem, "mapping values")) {
    if (p.last.line == p.mark.line) {
      return Complaint{p.mark, "a second ': ' in one line",
                       fmt::format("{}; quotes around text that holds ': '", kOneALine)};
    }
    return Complaint{p.mark, fmt::format("a ':' in text that began in line {}", p.last.line),
                     fmt::format("{}, keys of one mapping equally indented", kOneALine)};
  }
  if (holds(p.problem, "expected key")) {
    if (p.character == ':') return Complaint{p.mark, "a missing key", "'key: value'"};
    if (p.last.line == p.mark.line) {
      return Complaint{p.mark, "more text after a value", "the end of the line"};
    }
    return Complaint{
        p.mark, fmt::format("a line that does not fit the mapping of line {}", p.context_mark.line),
        "keys of one mapping equally indented"};
  }
  if (holds(p.problem, "expected '-'")) {
    return Complaint{p.mark, "a line without '- ' in a list", "'- value', or less indentation"};
  }
  if (holds(p.problem, "expected ':'")) {
    return Complaint{p.context_mark, "a line without ':'", "'key: value', or '- value' in a list"};
  }
  if (holds(p.problem, "sequence entries")) {
    return Complaint{p.mark, "a list item in the line of its key",
                     "a new line before the first '- '"};
  }
  if (holds(p.problem, "document start")) {
    return Complaint{p.mark, "more text after the end of the document", ""};
  }
  return std::nullopt;
}

Complaint explain(const Problem& problem) {
  if (auto complaint = explain_brackets(problem)) return *complaint;
  if (auto complaint = explain_characters(problem)) return *complaint;
  if (auto complaint = explain_lines(problem)) return *complaint;
  return {problem.mark, fmt::format("not valid YAML: {}", problem.problem), ""};
}

// Core schema, but for what is no decimal number: 0x10, 0o7, .inf and .nan stay text.
void resolve_plain(Node& node) {
  const std::string& text = node.text;
  node.kind = Node::Kind::kString;
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    node.kind = Node::Kind::kNull;
  } else if (text == "true" || text == "True" || text == "TRUE") {
    node.kind = Node::Kind::kBool;
    node.boolean = true;
  } else if (text == "false" || text == "False" || text == "FALSE") {
    node.kind = Node::Kind::kBool;
  } else if (parse_double(text, node.number)) {
    node.kind = Node::Kind::kNumber;
  } else {
    node.number = 0;
  }
}

// A collection whose end has not been seen yet.
struct Open {
  Node node;
  std::optional<std::pair<std::string, Mark>> key;  // of a mapping, while its value is awaited
  std::unordered_map<std::string, int> key_lines;
};

// Events of libyaml → a tree, by an explicit stack: depth costs no stack of the program.
class TreeBuilder {
 public:
  TreeBuilder(std::string file, std::string_view text) : file_{std::move(file)}, text_{text} {
    Cursor cursor{text};
    cursor.advance(text.size());
    end_ = cursor.mark();
  }

  // False when reading on makes no sense.
  bool take(const yaml_event_t& event);
  void take_problem(const yaml_parser_t& parser);
  Checked<Document> finish();

 private:
  void fail(Mark mark, std::string what, std::string expected,
            Error::Kind kind = Error::Kind::kInput);
  bool begin_document(Mark mark);
  bool open(Node::Kind kind, Mark mark);
  void close();
  void refuse_extras(Mark mark, const yaml_char_t* anchor, const yaml_char_t* tag);
  void scalar(const yaml_event_t& event);
  void alias(const yaml_event_t& event);
  void add_key(std::string key, Mark mark);
  void add(Node node);
  bool key_is_next() const;
  Cursor cursor_at(Mark mark) const;
  Mark place(const yaml_mark_t& mark) const;

  std::string file_;
  std::string_view text_;
  std::vector<Open> open_;
  std::optional<Node> root_;
  Errors errors_;
  Mark end_;  // of the text
  Mark last_{1, 1};
  std::size_t nodes_{};
  bool begun_{};
};

void TreeBuilder::fail(Mark mark, std::string what, std::string expected, Error::Kind kind) {
  errors_.push_back({.kind = kind,
                     .what = std::move(what),
                     .expected = std::move(expected),
                     .near = {},
                     .where = Where{file_, mark.line, mark.column}});
}

bool TreeBuilder::key_is_next() const {
  return !open_.empty() && open_.back().node.is(Node::Kind::kMapping) && !open_.back().key;
}

bool TreeBuilder::take(const yaml_event_t& event) {
  const Mark mark = place(event.start_mark);
  bool going = true;
  switch (event.type) {
    case YAML_DOCUMENT_START_EVENT:
      going = begin_document(mark);
      break;
    case YAML_MAPPING_START_EVENT:
      refuse_extras(mark, event.data.mapping_start.anchor, event.data.mapping_start.tag);
      going = open(Node::Kind::kMapping, mark);
      break;
    case YAML_SEQUENCE_START_EVENT:
      refuse_extras(mark, event.data.sequence_start.anchor, event.data.sequence_start.tag);
      going = open(Node::Kind::kSequence, mark);
      break;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
      close();
      break;
    case YAML_SCALAR_EVENT:
      refuse_extras(mark, event.data.scalar.anchor, event.data.scalar.tag);
      scalar(event);
      break;
    case YAML_ALIAS_EVENT:
      alias(event);
      break;
    default:
      break;
  }
  if (nodes_ > kNodesMax) {
    fail(mark, "too many values", fmt::format("at most {}", kNodesMax), Error::Kind::kLimit);
    return false;
  }
  return going && errors_.size() < kErrorsShown;
}

bool TreeBuilder::begin_document(Mark mark) {
  if (begun_) fail(mark, "a second document", "one document in a file");
  return !std::exchange(begun_, true);
}

bool TreeBuilder::open(Node::Kind kind, Mark mark) {
  if (key_is_next()) {
    fail(mark, fmt::format("a key that is {} itself", kind_name(kind)), "text as the key");
    return false;
  }
  if (open_.size() == static_cast<std::size_t>(kDepthMax)) {
    fail(mark, fmt::format("nested deeper than {} levels", kDepthMax), "", Error::Kind::kLimit);
    return false;
  }
  Open opened;
  opened.node.kind = kind;
  opened.node.mark = mark;
  open_.push_back(std::move(opened));
  ++nodes_;
  return true;
}

void TreeBuilder::close() {
  ASSAY_ASSERT(!open_.empty());
  Node node = std::move(open_.back().node);
  open_.pop_back();
  add(std::move(node));
}

void TreeBuilder::refuse_extras(Mark mark, const yaml_char_t* anchor, const yaml_char_t* tag) {
  const auto shown = [](const yaml_char_t* text) {
    return excerpt(reinterpret_cast<const char*>(text));
  };
  if (anchor != nullptr) {
    fail(mark, fmt::format("the anchor '&{}'", shown(anchor)),
         "the value written out where it is used, or quotes around text");
  }
  if (tag != nullptr) {
    fail(mark, fmt::format("a tag ('{}')", shown(tag)), "the value without a tag");
  }
}

void TreeBuilder::alias(const yaml_event_t& event) {
  const std::string name = reinterpret_cast<const char*>(event.data.alias.anchor);
  const Mark mark = place(event.start_mark);
  fail(mark, fmt::format("the alias '*{}'", excerpt(name)),
       "the value written out, or quotes around text");
  if (key_is_next()) {
    add_key("*" + name, mark);
    return;
  }
  Node node;
  node.mark = mark;
  add(std::move(node));
}

void TreeBuilder::scalar(const yaml_event_t& event) {
  const auto& value = event.data.scalar;
  std::string text{reinterpret_cast<const char*>(value.value), value.length};
  const Mark mark = place(event.start_mark);
  last_ = mark;
  ++nodes_;
  const bool plain = value.style == YAML_PLAIN_SCALAR_STYLE;
  if (key_is_next()) {
    if (plain && text.empty()) fail(mark, "a missing key", "'key: value'");
    add_key(std::move(text), mark);
    return;
  }
  Node node;
  node.mark = mark;
  node.kind = Node::Kind::kString;
  node.text = std::move(text);
  if (plain) resolve_plain(node);
  add(std::move(node));
}

void TreeBuilder::add_key(std::string key, Mark mark) {
  Open& top = open_.back();
  const auto [first, is_new] = top.key_lines.try_emplace(key, mark.line);
  if (!is_new) {
    fail(mark,
         fmt::format("duplicate key '{}'; first given at line {}", excerpt(key), first->second),
         "");
  }
  top.key.emplace(std::move(key), mark);
}

void TreeBuilder::add(Node node) {
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Open& top = open_.back();
  if (top.node.is(Node::Kind::kSequence)) {
    top.node.items.push_back(std::move(node));
    return;
  }
  ASSAY_ASSERT(top.key.has_value());
  auto [text, mark] = std::move(*top.key);
  top.key.reset();
  top.node.members.push_back({std::move(text), mark, std::move(node)});
}

// Not behind the end: libyaml counts one more line there when the last one is not ended.
Mark TreeBuilder::place(const yaml_mark_t& mark) const {
  const Mark found = mark_of(mark);
  return place_before(end_, found) ? end_ : found;
}

Cursor TreeBuilder::cursor_at(Mark mark) const {
  Cursor cursor{text_};
  while (!cursor.at_end() && place_before(cursor.mark(), mark)) cursor.advance();
  return cursor;
}

void TreeBuilder::take_problem(const yaml_parser_t& parser) {
  const auto text = [](const char* raw) { return std::string_view{raw == nullptr ? "" : raw}; };
  const Cursor at = cursor_at(place(parser.problem_mark));
  Problem problem{.problem = text(parser.problem),
                  .context = text(parser.context),
                  .mark = at.mark(),
                  .context_mark = place(parser.context_mark),
                  .character = at.at_end() ? '\0' : at.peek(),
                  .last = last_,
                  .bracket = '\0',
                  .bracket_mark = {}};
  for (auto open = open_.rbegin(); open != open_.rend() && problem.bracket == '\0'; ++open) {
    const Cursor begin = cursor_at(open->node.mark);
    if (begin.at_end() || (begin.peek() != '[' && begin.peek() != '{')) continue;
    problem.bracket = begin.peek();
    problem.bracket_mark = begin.mark();
  }
  ASSAY_ASSERT(parser.error != YAML_MEMORY_ERROR);
  Complaint complaint = explain(problem);
  fail(complaint.mark, std::move(complaint.what), std::move(complaint.expected));
}

Checked<Document> TreeBuilder::finish() {
  const bool empty = !root_ || (root_->is(Node::Kind::kNull) && root_->text.empty());
  if (errors_.empty() && empty) fail({0, 0}, "the document is empty", "YAML or JSON");
  if (!errors_.empty()) {
    sort_by_place(errors_);
    return tl::unexpected(std::move(errors_));
  }
  return Document{std::move(file_), std::move(*root_)};
}

// libyaml's parser, freed on every way out.
struct Parser {
  explicit Parser(std::string_view text) {
    ASSAY_ASSERT(yaml_parser_initialize(&state) == 1);
    yaml_parser_set_encoding(&state, YAML_UTF8_ENCODING);
    if (text.empty()) text = "";  // libyaml asserts on a null pointer, which an empty view may hold
    const char* begin = text.empty() ? "" : text.data();  // libyaml refuses a null pointer
    const auto* bytes = reinterpret_cast<const unsigned char*>(begin);
    yaml_parser_set_input_string(&state, bytes, text.size());
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  ~Parser() { yaml_parser_delete(&state); }

  yaml_parser_t state{};
};

// Directives would only make trouble later: %TAG for tags, %YAML 1.1 for other rules.
std::optional<Error> refuse_directive(const std::string& file, std::string_view text) {
  const auto begins_line = [&](std::size_t i) {
    return i == 0 || text[i - 1] == '\n' || text[i - 1] == '\r';
  };
  std::size_t at = text.find('%');
  while (at != std::string_view::npos && !begins_line(at)) at = text.find('%', at + 1);
  if (at == std::string_view::npos) return std::nullopt;
  Cursor cursor{text};
  cursor.advance(at);
  return Error{.what = "a directive ('%' at the beginning of a line)",
               .expected = "a document without directives",
               .near = {},
               .where = Where{file, cursor.mark().line, 1}};
}

}  // namespace

Checked<Document> read_document(std::string file, std::string_view whole) {
  const std::string_view text = without_bom(whole);
  auto refused = refuse_size(file, whole);
  if (!refused) refused = refuse_characters(file, text);
  if (!refused) refused = refuse_directive(file, text);
  if (refused) return tl::unexpected(Errors{*std::move(refused)});

  Parser parser{text};
  TreeBuilder builder{std::move(file), text};
  bool going = true;
  while (going) {
    yaml_event_t event;
    if (yaml_parser_parse(&parser.state, &event) == 0) {
      builder.take_problem(parser.state);
      break;
    }
    going = builder.take(event) && event.type != YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  return builder.finish();
}

}  // namespace assay::document
