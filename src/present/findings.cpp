#include "present/findings.h"

#include <algorithm>
#include <array>
#include <ostream>

#include <fmt/format.h>

#include "present/catalog_json.h"
#include "present/colour.h"

namespace assay::present {
namespace {

using catalog::Finding;
using catalog::Severity;

std::string place_text(const Where& where) {
  if (where.line == 0) return where.file;
  if (where.column == 0) return fmt::format("{}:{}", where.file, where.line);
  return fmt::format("{}:{}:{}", where.file, where.line, where.column);
}

void print(const Context& context, const Finding& finding) {
  std::ostream& out = context.streams.out;
  const Colour colour = finding.severity == Severity::kError ? Colour::kRed : Colour::kYellow;
  const bool painted = context.common.colour && finding.severity != Severity::kNote;
  out << fmt::format("{}: {} [{}] {} {}\n", place_text(finding.where),
                     paint(fmt::format("{}:", name(finding.severity)), colour, painted),
                     finding.rule, finding.subject, finding.field);
  std::string text = finding.what;
  if (!finding.expected.empty()) text += "; " + finding.expected;
  for (const std::string& line : wrapped(text, kWidthMax - 4)) out << "    " << line << '\n';
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::string_view name(Severity severity) {
  constexpr std::array<std::string_view, 3> kNames{"error", "warning", "note"};
  return kNames[static_cast<std::size_t>(severity)];
}

int print_findings(const Context& context, std::vector<Finding> findings, const FindingsOf& of) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  std::array<std::size_t, 3> counts{};
  for (const Finding& finding : findings) ++counts[static_cast<std::size_t>(finding.severity)];
  const bool failed = counts[0] > 0 || (of.strict && counts[1] > 0);
  if (context.common.format == OutputFormat::kJson) {
    context.streams.out << findings_json(of.schema, findings);
  } else if (context.common.format == OutputFormat::kTable) {
    // The worst last, next to the counts, where a terminal shows it.
    std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
      return a.severity > b.severity;
    });
    for (const Finding& finding : findings) print(context, finding);
    context.streams.out << fmt::format("{}: {}, {}, {}\n", of.what, counted(counts[0], "error"),
                                       counted(counts[1], "warning"), counted(counts[2], "note"));
  } else {
    TextTable table{{{.title = "severity"}, {.title = "rule"}, {.title = "subject"},
                     {.title = "field"}, {.title = "place"}, {.title = "found"},
                     {.title = "expected"}},
                    {}};
    for (const Finding& f : findings) {
      table.rows.push_back({std::string{name(f.severity)}, f.rule, f.subject, f.field,
                            place_text(f.where), f.what, f.expected});
    }
    const int code = print_table(context, std::move(table));
    if (code != kAnswered) return code;
  }
  return failed ? kInvalid : kAnswered;
}

}  // namespace assay::present
