// replay_command.cpp — `assay validate requests`: measured runs simulated request by request,
// beside what was measured. Findings are an answer: exit 0.
#include <ostream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "catalog/efficiency.h"
#include "evidence/replay.h"
#include "present/cli.h"
#include "present/commands.h"
#include "present/text_table.h"

namespace assay::present {
namespace {

using evidence::LatencyPair;
using evidence::MeasuredRun;
using evidence::Replay;
using Json = nlohmann::ordered_json;

constexpr std::string_view kNothing = "validated";

struct Replayed {
  MeasuredRun run;
  Replay replay;
};

std::string percent(double share) { return fmt::format("{:+.1f} %", share * 100); }

std::string seconds(double value) {
  return value < 1 ? fmt::format("{:.1f} ms", value * 1e3) : fmt::format("{:.2f} s", value);
}

TextTable table_of(const std::vector<Replayed>& all) {
  TextTable table;
  table.columns = {{.title = "run"},
                   {.title = "latency"},
                   {.title = "statistic"},
                   {.title = "measured", .right = true},
                   {.title = "data sheet", .right = true, .key = "sheet"},
                   {.title = "error", .right = true, .key = "sheet_error"},
                   {.title = "rest measured", .right = true, .key = "rest"},
                   {.title = "adapted", .right = true},
                   {.title = "error", .right = true, .key = "adapted_error"}};
  for (const Replayed& r : all) {
    for (std::size_t i = 0; i < r.replay.sheet.size(); ++i) {
      const LatencyPair &sheet = r.replay.sheet[i], &adapted = r.replay.adapted[i];
      table.rows.push_back({r.run.id, std::string{sheet.metric}, std::string{sheet.statistic},
                            seconds(sheet.measured), seconds(sheet.predicted),
                            percent(sheet.error()), seconds(adapted.measured),
                            seconds(adapted.predicted), percent(adapted.error())});
    }
  }
  return table;
}

std::string notes_of(const Replayed& r) {
  std::string text =
      fmt::format("{}: {} requests on {} × {}, {}; source: {}\n", r.run.id, r.run.requests.size(),
                  r.run.accelerators, r.run.accelerator, r.run.engine, r.run.source);
  text += fmt::format("  KV blocks {} by the engine's formula{}; {} preemptions\n",
                      grouped_text(static_cast<double>(r.replay.kv_blocks_computed)),
                      r.run.kv_blocks
                          ? fmt::format(", {} as the run reports, which the simulation takes",
                                        grouped_text(static_cast<double>(*r.run.kv_blocks)))
                          : std::string{", which the simulation takes"},
                      r.replay.preemptions);
  text += fmt::format("  adapted to requests 1 to {}, judged on the rest:", r.replay.adapted_to);
  for (const evidence::AdaptedConstant& c : r.replay.constants) {
    text += fmt::format(" {} × {:.3f}", c.name, c.factor);
  }
  return text + "\n";
}

Json pairs_json(const std::vector<LatencyPair>& pairs) {
  Json list = Json::array();
  for (const LatencyPair& p : pairs) {
    list.push_back({{"metric", p.metric},
                    {"statistic", p.statistic},
                    {"measured_s", p.measured},
                    {"predicted_s", p.predicted},
                    {"error", p.error()}});
  }
  return list;
}

std::string json_of(const std::vector<Replayed>& all, const catalog::Catalog& catalog) {
  Json json{{"schema", "assay.replay/1"},
            {"assay", version()},
            {"catalog", {{"date", catalog.date}, {"hash", catalog.hash}}},
            {"runs", Json::array()}};
  for (const Replayed& r : all) {
    Json constants = Json::array();
    for (const evidence::AdaptedConstant& c : r.replay.constants) {
      constants.push_back({{"name", c.name}, {"meaning", c.meaning}, {"factor", c.factor}});
    }
    json["runs"].push_back(
        {{"run", r.run.id},
         {"source", r.run.source},
         {"requests", r.run.requests.size()},
         {"kv_blocks_computed", r.replay.kv_blocks_computed},
         {"kv_blocks_reported", r.run.kv_blocks ? Json(*r.run.kv_blocks) : Json(nullptr)},
         {"preemptions", r.replay.preemptions},
         {"sheet", pairs_json(r.replay.sheet)},
         {"adapted_to", r.replay.adapted_to},
         {"constants", constants},
         {"adapted", pairs_json(r.replay.adapted)}});
  }
  return json.dump(2) + "\n";
}

Checked<std::vector<MeasuredRun>> runs_of(const std::string& file) {
  if (file.empty()) return evidence::built_in_runs();
  auto run = evidence::read_run(file);
  if (!run) return tl::unexpected(std::move(run.error()));
  return std::vector{std::move(*run)};
}

}  // namespace

int replay_command(const Context& context, const ValidateOptions& options) {
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  auto efficiency = catalog::load_efficiency();
  if (!efficiency) return report_errors(context, std::move(efficiency.error()), kNothing);
  auto runs = runs_of(options.data);
  if (!runs) return report_errors(context, std::move(runs.error()), kNothing);
  std::vector<Replayed> all;
  for (MeasuredRun& run : *runs) {
    auto replay = evidence::replay(run, loaded.catalog, *efficiency);
    if (!replay) return report_errors(context, std::move(replay.error()), kNothing);
    all.push_back({std::move(run), std::move(*replay)});
  }
  std::ostream& out = context.streams.out;
  if (context.common.format == OutputFormat::kJson) {
    out << json_of(all, loaded.catalog);
    return kAnswered;
  }
  if (const int code = print_table(context, table_of(all)); code != kAnswered) return code;
  if (context.common.format != OutputFormat::kTable || !context.common.columns.empty()) {
    return kAnswered;
  }
  for (const Replayed& r : all) out << notes_of(r);
  out << fmt::format("assay {} · catalog {} {} · next: assay validate inference\n", version(),
                     loaded.catalog.date, loaded.catalog.hash.substr(0, 6));
  return kAnswered;
}

}  // namespace assay::present
