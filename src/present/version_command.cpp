// version_command.cpp — `assay version`; only --verbose reads the catalog.
#include <ostream>

#include <fmt/format.h>

#include "present/commands.h"
#include "present/version_json.h"

namespace assay::present {

int version_command(const Context& context, bool verbose) {
  const bool json = context.common.format == OutputFormat::kJson;
  if (!verbose) {
    context.streams.out << (json ? version_json(nullptr) : fmt::format("assay {}\n", version()));
    return kAnswered;
  }
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  const catalog::Catalog& c = loaded.catalog;
  if (json) {
    context.streams.out << version_json(&c);
    return kAnswered;
  }
  context.streams.out << fmt::format(
      "assay {}\ncatalog {} {}\n{} accelerators, {} systems, {} sources\n", version(), c.date,
      c.hash, c.accelerators.size(), c.systems.size(), c.sources.size());
  return kAnswered;
}

}  // namespace assay::present
