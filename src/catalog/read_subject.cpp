#include "catalog/read_subject.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "document/bind.h"

namespace assay::catalog {
namespace {

using document::Binder;
using document::Need;
using document::Node;

constexpr document::Range kCounts{1, 1e6};

// Ids are file names and command-line words.
bool is_id(std::string_view text) {
  auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && plain(text.front()) && std::ranges::all_of(text, [&](char c) {
    return plain(c) || c == '-' || c == '.' || c == '_';
  });
}

std::string take_id(Binder& binder, std::string_view key) {
  const auto id = binder.take_text(key, Need::kRequired);
  if (!id) return {};
  if (!is_id(*id)) {
    binder.fail(*binder.node().find(key), "'" + *id + "' is no id",
                "lower-case letters, digits, '-', '.' and '_', starting with a letter or digit");
  }
  return *id;
}

std::string take(Binder& binder, std::string_view key, Need need) {
  return binder.take_text(key, need).value_or("");
}

template <class Subject>
void read_names(Binder& binder, Subject& subject) {
  subject.id = take_id(binder, "id");
  const Node* id = binder.node().find("id");
  subject.where = binder.document().where(id != nullptr ? id->mark : binder.node().mark);
  subject.name = take(binder, "name", Need::kRequired);
  subject.vendor = take(binder, "vendor", Need::kRequired);
  subject.note = take(binder, "note", Need::kOptional);
  subject.aliases = binder.take_texts("aliases", Need::kOptional);
}

void read_parts(Binder& binder, const Node& list, SystemFile& file) {
  if (!list.is(Node::Kind::kSequence) || list.items.empty()) {
    binder.fail(list, "'parts' is " + std::string(kind_name(list.kind)),
                "a list such as [{ system: gb200-nvl72, count: 8 }]");
    return;
  }
  for (const Node& item : list.items) {
    Binder part{binder.document(), item, binder.errors(), "part"};
    SystemPart read{.system = take(part, "system", Need::kRequired)};
    read.count = static_cast<int>(part.take_int("count", Need::kRequired, kCounts).value_or(0));
    part.finish();
    file.system.parts.push_back(std::move(read));
    file.part_wheres.push_back(binder.document().where(item.mark));
  }
}

void read_composition(Binder& binder, SystemFile& file) {
  const Node* accelerator = binder.take("accelerator", Need::kOptional);
  const auto count = binder.take_int("accelerators", Need::kOptional, kCounts);
  const Node* parts = binder.take("parts", Need::kOptional);
  if ((accelerator != nullptr) == (parts != nullptr)) {
    binder.fail(binder.node(),
                parts != nullptr ? "the system has both 'accelerator' and 'parts'"
                                 : "the system has neither 'accelerator' nor 'parts'",
                "accelerator with accelerators, or parts");
  }
  if ((accelerator != nullptr) != count.has_value() &&
      binder.node().find("accelerators") == nullptr) {
    binder.fail(*accelerator, "the number of accelerators is missing", "accelerators: 8");
  }
  if (accelerator == nullptr && count) {
    binder.fail(*binder.node().find("accelerators"),
                "'accelerators' counts the accelerators of 'accelerator', which is missing",
                "accelerator: an id of the catalog");
  }
  if (accelerator != nullptr) {
    file.system.accelerator = accelerator->text;
    file.system.accelerators = static_cast<int>(count.value_or(0));
    file.accelerator_where = binder.document().where(accelerator->mark);
  }
  if (parts != nullptr) read_parts(binder, *parts, file);
}

}  // namespace

std::vector<Source> read_sources(const document::Document& document, Errors& errors) {
  std::vector<Source> sources;
  Binder root{document, document.root, errors, "file of sources"};
  for (const document::Member& member : document.root.members) {
    Binder binder{document, *root.take(member.key, Need::kRequired), errors, "source"};
    Source source;
    source.id = member.key;
    if (!is_id(source.id)) {
      binder.fail(member.value, "'" + source.id + "' is no id", "letters, digits and '-'");
    }
    source.title = take(binder, "title", Need::kRequired);
    source.publisher = take(binder, "publisher", Need::kOptional);
    source.at = take(binder, "at", Need::kOptional);
    source.date = take(binder, "date", Need::kOptional);
    if (const Node* confidence = binder.take("confidence", Need::kRequired)) {
      const auto parsed = parse_confidence(confidence->text);
      if (parsed) source.confidence = *parsed;
      else
        binder.fail(*confidence, parsed.error().what, parsed.error().expected, parsed.error().near);
    }
    binder.finish();
    sources.push_back(std::move(source));
  }
  return sources;
}

Accelerator read_accelerator(const ReadContext& context) {
  Accelerator accelerator;
  Binder root{context.document, context.document.root, context.errors, "accelerator"};
  read_names(root, accelerator);
  accelerator.family = take(root, "family", Need::kRequired);
  const auto slots = slots_of(accelerator_fields(), accelerator);
  read_facts(context, root, slots, &accelerator.dies);
  accelerator.seen_in_print = read_seen_in_print(context, root, slots);
  root.finish();
  return accelerator;
}

SystemFile read_system(const ReadContext& context) {
  SystemFile file;
  Binder root{context.document, context.document.root, context.errors, "system"};
  read_names(root, file.system);
  const std::vector<std::string> kinds{"server", "rack", "cluster"};
  file.system.kind = root.take_choice("kind", Need::kRequired, kinds).value_or("");
  read_composition(root, file);
  const auto slots = slots_of(system_fields(), file.system);
  read_facts(context, root, slots, nullptr);
  file.system.seen_in_print = read_seen_in_print(context, root, slots);
  root.finish();
  return file;
}

}  // namespace assay::catalog
