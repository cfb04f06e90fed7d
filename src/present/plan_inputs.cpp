#include "present/plan_inputs.h"

#include <fstream>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "catalog/model_library.h"
#include "document/override.h"
#include "document/read.h"

namespace assay::present {

Checked<ScenarioFile> load_scenario_file(const PlanOptions& options) {
  auto text = document::read_text(options.scenario);
  if (!text) return tl::unexpected(Errors{text.error()});
  auto document = document::read_document(options.scenario, *text);
  if (!document) return tl::unexpected(document.error());
  ScenarioFile file{std::move(*document), std::move(*text), {}};
  for (const std::string& assignment : options.sets) {
    if (const auto set = document::override_value(file.document, assignment); !set)
      file.errors.push_back(set.error());
    file.text += "\n" + assignment;
  }
  return file;
}

void append(Errors& errors, const Errors& more) {
  errors.insert(errors.end(), more.begin(), more.end());
}

Errors placed(Errors errors, const std::optional<Where>& where) {
  for (Error& error : errors) {
    if (!error.where) error.where = where;
  }
  return errors;
}

Checked<catalog::LanguageModel> load_named_model(const std::string& name, const Where& where) {
  auto model = catalog::load_model(name);
  if (model) return model;
  return tl::unexpected(placed(model.error(), where));
}

std::vector<market::OfferBook> load_books(const plan::OfferChoice& offers,
                                          const catalog::Catalog& catalog, Errors& errors) {
  std::vector<market::OfferBook> books;
  const auto keep = [&](Checked<market::OfferBook> book) {
    if (book) books.push_back(std::move(*book));
    else append(errors, book.error());
  };
  for (const std::string& id : offers.books) keep(market::load_book(id, catalog));
  for (const std::string& file : offers.files) {
    const auto text = document::read_text(file, document::kTextBytesMax);
    if (text) keep(market::read_offers(file, *text, catalog));
    else errors.push_back(text.error());
  }
  return books;
}

bool save(const Context& context, const std::string& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << text;
  if (file.flush()) return true;
  context.streams.err << fmt::format("{}: error: cannot be written\n", path);
  return false;
}

}  // namespace assay::present
