// simulate_command.cpp — `assay simulate`: reads what was asked, sees to it that everything can be
// read and written, runs, prints.
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.h"
#include "base/text.h"
#include "base/unit_text.h"
#include "plan/simulation_run.h"
#include "present/commands.h"
#include "present/output_file.h"
#include "present/progress.h"
#include "present/simulate_arguments.h"
#include "present/simulate_bench.h"
#include "present/simulate_files.h"
#include "present/simulate_json.h"
#include "present/simulate_text.h"

namespace assay::present {
namespace {

constexpr std::string_view kNothing = "simulated";
constexpr std::size_t kSlicesMax = 1'000'000;

// Mistakes of the command line alone are usage errors, all of them at once.
int report(const Context& context, const SimulateOptions& options, Errors errors) {
  if (!name_options(options, errors)) return report_errors(context, std::move(errors), kNothing);
  for (const Error& error : errors) report_usage(context, error);
  return kUsage;
}

struct Files {
  OutputFile timeline, series, requests;
};

Errors open_files(const SimulateOptions& options, Files& files) {
  Errors errors;
  const auto open = [&](OutputFile& file, const std::string& path) {
    if (path.empty()) return;
    if (auto ok = file.open(path); !ok) errors.push_back(std::move(ok.error()));
  };
  open(files.timeline, options.timeline);
  open(files.series, options.series);
  open(files.requests, options.requests_out);
  return errors;
}

Errors finish_files(const plan::Simulation& simulation, const plan::SimulationAnswer& answer,
                    const simulate::Timeline& timeline, Files& files) {
  Errors errors;
  const auto finish = [&](OutputFile& file) {
    if (!file.is_open()) return;
    if (auto ok = file.finish(); !ok) errors.push_back(std::move(ok.error()));
  };
  if (files.timeline.is_open()) {
    write_timeline(files.timeline.out(), timeline, replica_names(simulation, answer.pools));
  }
  if (files.series.is_open()) write_series(files.series.out(), answer.figures.samples);
  finish(files.timeline);
  finish(files.series);
  finish(files.requests);
  return errors;
}

// What of a trace was no request, so that nothing is dropped silently.
void report_trace(const Context& context, const plan::AskedTraffic& traffic) {
  const workload::TraceReport& r = traffic.report;
  for (const Error& error : r.first_errors) {
    std::string text = render(error);
    constexpr std::string_view kWord = "error:";
    if (const auto at = text.find(kWord); at != text.npos)
      text.replace(at, kWord.size(), "skipped:");
    context.streams.err << text << '\n';
  }
  const auto say = [&](std::int64_t count, std::string_view what) {
    if (count > 0)
      note(context, fmt::format("{} {}", grouped_text(static_cast<double>(count)), what));
  };
  say(r.bad_lines, "lines of the trace are no requests and were skipped");
  say(r.unanswered, "requests of the trace have no answer and were skipped");
  say(r.reordered, "requests stood behind later ones and were put in order");
  if (r.broken) context.streams.err << render(*r.broken) << '\n';
}

Error no_rate(const plan::SimulationAnswer& answer) {
  std::vector<std::string> binds;
  for (const simulate::LimitReading& reading : answer.found->binds) binds.push_back(text(reading));
  const double lowest = answer.found->runs.empty() ? 0 : answer.found->runs.front().rate;
  return {.kind = Error::Kind::kInfeasible,
          .what = fmt::format("no load meets the goals: even at {} requests/s {}",
                              number_text(lowest, 3), join(binds, ", ")),
          .expected = "goals that one request alone keeps within",
          .near = {},
          .where = {}};
}

Error nothing_fits(const plan::SimulationAnswer& answer) {
  const plan::SimulatedPool& pool = answer.pools.front();
  const simulate::EngineLimits& l = pool.limits.limits;
  return {.kind = Error::Kind::kInfeasible,
          .what = fmt::format("all {} requests are too long: the KV cache of a replica holds {} "
                              "tokens",
                              grouped_text(static_cast<double>(answer.figures.arrived)),
                              grouped_text(static_cast<double>(l.kv_blocks * l.block_tokens))),
          .expected = "shorter requests, or more memory a replica",
          .near = {},
          .where = {}};
}

int print(const Context& context, const catalog::Catalog& catalog,
          const plan::Simulation& simulation, const plan::SimulationAnswer& answer) {
  std::ostream& out = context.streams.out;
  switch (context.common.format) {
    case OutputFormat::kJson:
      out << simulate_json(catalog, simulation, answer);
      return kAnswered;
    case OutputFormat::kVllmBench:
      out << bench_text(simulation, answer);
      return kAnswered;
    case OutputFormat::kVllmBenchJson:
      out << bench_json(simulation, answer);
      return kAnswered;
    default:
      break;
  }
  if (context.common.format != OutputFormat::kTable || !context.common.columns.empty()) {
    return print_table(context, simulated_figures(simulation, answer));
  }
  out << simulate_text(simulation, answer, context.common)
      << fmt::format("assay {} · seed {} · catalog {} {} · question {}\n", version(),
                     simulation.seed, catalog.date, catalog.hash.substr(0, 6),
                     simulation.hash.substr(0, 6));
  return kAnswered;
}

// Runs, with a line of progress on a terminal.
Result<plan::SimulationAnswer> run(const Context& context, const SimulateOptions& options,
                                   const plan::Simulation& simulation,
                                   plan::PreparedSimulation& prepared, simulate::Timeline& timeline,
                                   Files& files) {
  Progress progress{context.streams.err, context.streams.err_is_tty, context.seconds};
  plan::SimulationView view;
  view.jobs = jobs_or_cores(options.jobs);
  if (files.timeline.is_open()) view.timeline = &timeline;
  if (files.requests.is_open()) {
    write_requests_title(files.requests.out());
    view.on_result = [&files](const simulate::RequestResult& request) {
      write_request(files.requests.out(), request);
    };
  }
  view.progress = [&](std::int64_t over, std::optional<std::int64_t> of, SimTime now) {
    const auto count = [](std::int64_t n) { return grouped_text(static_cast<double>(n)); };
    progress.update(fmt::format("simulated {}{} requests · {} of traffic", count(over),
                                of ? " of " + count(*of) : "", to_text(now - SimTime{}, 3)));
    return !context.interrupted || !context.interrupted();
  };
  view.stop = [&] { return context.interrupted && context.interrupted(); };
  view.tried = [&](int runs, double rate) {
    progress.update(
        fmt::format("simulated {} loads · the last {} requests/s", runs, number_text(rate, 3)));
  };
  return plan::run_simulation(simulation, prepared, view);
}

int simulate(const Context& context, const SimulateOptions& options,
             const plan::Simulation& simulation, plan::PreparedSimulation& prepared,
             const catalog::Catalog& catalog) {
  Files files;
  if (auto errors = open_files(options, files); !errors.empty()) {
    return report_errors(context, std::move(errors), kNothing);
  }
  report_trace(context, prepared.asked);
  simulate::Timeline timeline{.from = SimTime{} + Seconds::from_base(options.timeline_from),
                              .slices_max = kSlicesMax,
                              .slices = {},
                              .transfers = {}};
  if (options.timeline_until > 0) {
    timeline.until = SimTime{} + Seconds::from_base(options.timeline_until);
  }
  const auto answer = run(context, options, simulation, prepared, timeline, files);
  if (!answer) return report_errors(context, {answer.error()}, kNothing);
  const bool stopped = answer->figures.stopped || (answer->found && answer->found->stopped);
  if (answer->found && !answer->found->rate && stopped) {
    note(context, fmt::format("stopped before a load was found that meets the goals, after {} runs",
                              answer->found->runs.size()));
    return kInterrupted;
  }
  if (answer->found && !answer->found->rate) {
    return report_errors(context, {no_rate(*answer)}, "found");
  }
  const simulate::FleetFigures& f = answer->figures;
  if (f.arrived > 0 && f.too_long == f.arrived) {
    return report_errors(context, {nothing_fits(*answer)}, kNothing);
  }
  if (auto errors = finish_files(simulation, *answer, timeline, files); !errors.empty()) {
    return report_errors(context, std::move(errors), "kept");
  }
  if (timeline.cut) {
    note(context, fmt::format("the timeline ends after {} slices; --timeline-window takes a part",
                              grouped_text(static_cast<double>(kSlicesMax))));
  }
  const int code = print(context, catalog, simulation, *answer);
  return stopped && code == kAnswered ? kInterrupted : code;
}

}  // namespace

int simulate_command(const Context& context, const SimulateOptions& options) {
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  auto asked = asked_fleet(options);
  if (!asked) return report_errors(context, std::move(asked.error()), kNothing);
  auto simulation = plan::read_simulation(asked->document, asked->text, loaded.catalog);
  if (!simulation) return report(context, options, std::move(simulation.error()));
  auto prepared = plan::prepare_simulation(*simulation, loaded.catalog);
  if (!prepared) return report(context, options, std::move(prepared.error()));
  return simulate(context, options, *simulation, *prepared, loaded.catalog);
}

}  // namespace assay::present
