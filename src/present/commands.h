// commands.h — one function a command: options in, answer to the streams, exit code out.
// Each is defined in NAME_command.cpp. None parses arguments and none computes a figure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "present/cli.h"
#include "present/options.h"
#include "present/text_table.h"
#include "present/training_options.h"

namespace assay::present {

struct Context {
  CommonOptions common;
  Streams streams;
  std::function<double()> seconds{};  // for progress.h
  std::function<bool()> interrupted{};
};

int plan_command(const Context& context, const PlanOptions& options);
int catalog_command(const Context& context, const CatalogOptions& options);
int compare_command(const Context& context, const CompareOptions& options);
int models_command(const Context& context, const ModelsOptions& options);
int offers_command(const Context& context, const OffersOptions& options);
int validate_command(const Context& context, const ValidateOptions& options);
int validate_training_command(const Context& context, const ValidateOptions& options);
int replay_command(const Context& context, const ValidateOptions& options);
int predict_command(const Context& context, const PredictOptions& options);
int predict_training_command(const Context& context, const PredictTrainingOptions& options);
int search_command(const Context& context, const SearchOptions& options);
int search_training_command(const Context& context, const SearchTrainingOptions& options);
int simulate_command(const Context& context, const SimulateOptions& options);
int explain_command(const Context& context, const ExplainOptions& options);
int schema_command(const Context& context, const std::string& name);  // empty: list of the schemas
int init_command(const Context& context, const std::string& path);    // "-" or empty: stdout
int version_command(const Context& context, bool verbose);

// Catalog with the user's overlay, or the errors printed and the exit code set (3 or 5).
struct LoadedCatalog {
  catalog::Catalog catalog;
  int exit_code{};  // 0: usable
};
LoadedCatalog load_catalog_or_report(const Context& context);

// All errors to err, sorted by place, with the closing line "N errors; nothing was WHAT."; returns
// the exit code (3 input, 4 infeasible, 5 I/O or limit).
int report_errors(const Context& context, Errors errors, std::string_view what_was_not_done);

// The table in the format that was asked for, with the columns that were asked for. Returns 0, or 2
// with the error printed when a column is unknown. Not for JSON.
int print_table(const Context& context, TextTable table);

// A mistake of the command line that only the command could see; returns 2.
int report_usage(const Context& context, const Error& error);

// A line to err: "note: …".
void note(const Context& context, std::string_view text);

}  // namespace assay::present
