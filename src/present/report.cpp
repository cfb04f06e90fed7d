// The helpers of commands.h that every command needs: errors, notes, the catalog, tables.
#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "present/colour.h"
#include "present/commands.h"

namespace assay::present {
namespace {

constexpr std::size_t kErrorsShownMax = 50;

int exit_code(const Error& error) {
  switch (error.kind) {
    case Error::Kind::kInput: return kInvalid;
    case Error::Kind::kInfeasible: return kInfeasible;
    case Error::Kind::kIo:
    case Error::Kind::kLimit: return kFailed;
  }
  return kInvalid;
}

// What a user typed may hold bytes that would command the terminal.
std::string harmless(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return text;
}

// "error:" in red, where it stands in the rendered text.
std::string painted(const Error& error, bool colour) {
  std::string text = harmless(render(error));
  constexpr std::string_view kWord = "error:";
  const std::size_t at = text.find(kWord);
  if (at == std::string::npos || !colour) return text;
  return text.replace(at, kWord.size(), paint(kWord, Colour::kRed, true));
}

}  // namespace

int report_errors(const Context& context, Errors errors, std::string_view what_was_not_done) {
  sort_by_place(errors);
  int code = kInvalid;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    code = i == 0 ? exit_code(errors[i]) : std::max(code, exit_code(errors[i]));
    if (i < kErrorsShownMax) {
      context.streams.err << painted(errors[i], context.common.colour_err) << '\n';
    }
  }
  if (errors.size() > kErrorsShownMax) {
    context.streams.err << fmt::format("… and {} more\n", errors.size() - kErrorsShownMax);
  }
  context.streams.err << fmt::format("{} error{}; nothing was {}.\n", errors.size(),
                                     errors.size() == 1 ? "" : "s", what_was_not_done);
  return code;
}

int report_usage(const Context& context, const Error& error) {
  context.streams.err << painted(error, context.common.colour_err) << '\n';
  return kUsage;
}

void note(const Context& context, std::string_view text) {
  context.streams.err << "note: " << harmless(std::string{text}) << '\n';
}

LoadedCatalog load_catalog_or_report(const Context& context) {
  std::vector<catalog::CatalogFile> overlay;
  if (!context.common.catalog_folder.empty()) {
    auto files = catalog::read_overlay(context.common.catalog_folder);
    if (!files) return {{}, report_errors(context, std::move(files.error()), "read")};
    overlay = std::move(*files);
  }
  auto loaded = catalog::load_catalog(overlay);
  if (!loaded) return {{}, report_errors(context, std::move(loaded.error()), "read")};
  return {std::move(*loaded), 0};
}

int print_table(const Context& context, TextTable table) {
  if (!context.common.unicode) {
    for (Column& column : table.columns) column.title = ascii(column.title);
    for (auto& row : table.rows) std::transform(row.begin(), row.end(), row.begin(), ascii);
  }
  const auto selected = select_columns(std::move(table), context.common.columns);
  if (!selected) return report_usage(context, selected.error());
  context.streams.out << render_table(*selected, context.common.format,
                                      context.common.wide ? kWidthUnlimited : kWidthMax,
                                      context.common.colour);
  return kAnswered;
}

}  // namespace assay::present
