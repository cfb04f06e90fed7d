#include "workload/open_traffic.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/sim_time.h"
#include "base/text.h"
#include "base/unit_text.h"
#include "workload/arrivals.h"
#include "workload/spec_check.h"
#include "workload/synthetic.h"
#include "workload/trace.h"
#include "workload/transform.h"

namespace assay::workload {

struct PreparedTraffic {
  TrafficSpec spec;
  std::vector<TraceFile> files;
  std::shared_ptr<const Trace> lengths;
  TraceReport report;
  std::optional<double> trace_rate;  // per second, of all copies as they are; nothing: at once

  bool synthetic() const { return files.empty(); }
  std::optional<std::int64_t> requests() const;
  // Times are divided by it.
  double rate_factor(std::optional<Hertz> asked) const {
    const std::optional<Hertz> rate = asked ? asked : spec.rate;
    return rate && trace_rate ? rate->base() / *trace_rate : spec.rate_scale;
  }
};

namespace {

constexpr double kScaleMin = 1e-6, kScaleMax = 1e6;
constexpr std::int64_t kCopiesMax = 1'000'000;

double seconds_of(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

void check_scale(Errors& errors, const char* name, double scale) {
  require(errors, within(scale, kScaleMin, kScaleMax),
          fmt::format("{} scaled by {}", name, number_text(scale)), "0.000001 to 1,000,000");
}

void check_trace_options(Errors& errors, const TrafficSpec& spec) {
  check_scale(errors, "rate", spec.rate_scale);
  check_scale(errors, "input", spec.input_scale);
  check_scale(errors, "output", spec.output_scale);
  require(errors, spec.copies >= 1 && spec.copies <= kCopiesMax,
          fmt::format("{} copies", spec.copies), "1 to 1,000,000");
  require(errors, !spec.rate || spec.rate_scale == 1, "both a rate and a scale of the rate",
          "one of them");
  require(errors, !spec.rate || within(spec.rate->base(), 1e-6, 1e8),
          fmt::format("a rate of {} requests/s", number_text(spec.rate ? spec.rate->base() : 0)),
          "0.000001 to 100,000,000");
  require(errors, !spec.repeat || spec.requests_max || spec.duration,
          "a trace that is repeated for ever", "a number of requests or a duration");
  const double century = seconds_of(kTimeMaxNs);
  const double begin = spec.window_begin ? spec.window_begin->base() : 0;
  const double end = spec.window_end ? spec.window_end->base() : century;
  require(errors, within(begin, 0, century) && within(end, 0, century) && begin < end,
          fmt::format("a window from {} s to {} s", number_text(begin), number_text(end)),
          "times from 0 to 100 years, the earlier one first");
  const auto standard_input = std::count(spec.traces.begin(), spec.traces.end(), "-");
  require(errors, standard_input <= 1, "standard input more than once", "each trace once");
}

void check_synthetic_options(Errors& errors, const TrafficSpec& spec) {
  const bool at_once = std::holds_alternative<AtOnce>(spec.synthetic.arrivals);
  if (!at_once && !spec.rate) {
    require(errors, false, "no rate for synthetic traffic", "a rate in requests/s");
  } else {
    const Errors more = check_synthetic(spec.synthetic, spec.rate.value_or(Hertz{}));
    errors.insert(errors.end(), more.begin(), more.end());
  }
  require(errors, spec.requests_max || (spec.duration && !at_once),
          "synthetic traffic without an end",
          at_once ? "a number of requests" : "a number of requests or a duration");
}

Errors check_spec(const TrafficSpec& spec) {
  Errors errors;
  if (spec.traces.empty()) {
    check_synthetic_options(errors, spec);
  } else {
    check_trace_options(errors, spec);
  }
  require(errors, !spec.requests_max || *spec.requests_max >= 1,
          fmt::format("{} requests", spec.requests_max.value_or(0)), "1 or more");
  require(errors, !spec.duration || within(spec.duration->base(), 1e-9, seconds_of(kTimeMaxNs)),
          fmt::format("a duration of {} s", number_text(spec.duration ? spec.duration->base() : 0)),
          "1 ns to 100 years");
  return errors;
}

void add_report(TraceReport& total, const TraceReport& part) {
  total.lines += part.lines;
  total.requests += part.requests;
  total.bad_lines += part.bad_lines;
  total.unanswered += part.unanswered;
  total.reordered += part.reordered;
  for (const Error& error : part.first_errors) {
    if (total.first_errors.size() < kBadLinesShown) total.first_errors.push_back(error);
  }
  if (!total.broken) total.broken = part.broken;
  total.assumed.insert(total.assumed.end(), part.assumed.begin(), part.assumed.end());
}

Error about_file(const TraceFile& file, Error::Kind kind, std::string what, std::string expected) {
  return {.kind = kind,
          .what = std::move(what),
          .expected = std::move(expected),
          .near = {},
          .where = Where{file.file, 0, 0}};
}

// What can only be checked when the traces are known.
Errors check_files(const PreparedTraffic& prepared) {
  Errors errors;
  const TrafficSpec& spec = prepared.spec;
  for (const TraceFile& file : prepared.files) {
    if (spec.copies > 1 && !file.trace) {
      errors.push_back(about_file(
          file, Error::Kind::kLimit, "copies of a trace that is too large to be held in memory",
          fmt::format("at most {} requests and prefix blocks",
                      grouped_text(static_cast<double>(kTraceEntriesMax)))));
    }
    if (file.period_ns == 0 && spec.repeat) {
      errors.push_back(about_file(file, Error::Kind::kInput,
                                  "all requests come at once: the trace cannot be repeated",
                                  "a trace that takes some time"));
    }
    if (seconds_of(file.period_ns) / prepared.rate_factor({}) > seconds_of(kTimeMaxNs)) {
      errors.push_back(
          about_file(file, Error::Kind::kLimit, "takes more than 100 years at this rate", "less"));
    }
  }
  if (spec.rate && !prepared.trace_rate) {
    errors.push_back(about_file(prepared.files.front(), Error::Kind::kInput,
                                "all requests come at once: they have no rate to scale",
                                "a trace that takes some time"));
  }
  return errors;
}

Errors read_files(PreparedTraffic& prepared) {
  Errors errors;
  const TrafficSpec& spec = prepared.spec;
  TraceOptions options{.format = spec.format,
                       .bad_lines = spec.bad_lines,
                       .window_begin = spec.window_begin,
                       .window_end = spec.window_end,
                       .seed = spec.seed};
  double requests = 0;
  std::int64_t period = 0;
  for (const std::string& path : spec.traces) {
    auto file = read_trace(path, options);
    if (!file) {
      errors.insert(errors.end(), file.error().begin(), file.error().end());
      continue;
    }
    requests += static_cast<double>(file->requests) * static_cast<double>(spec.copies);
    period = std::max(period, file->period_ns);
    add_report(prepared.report, file->report);
    prepared.files.push_back(std::move(*file));
  }
  if (!errors.empty()) return errors;
  if (period > 0) prepared.trace_rate = requests / seconds_of(period);
  return check_files(prepared);
}

Errors read_lengths(PreparedTraffic& prepared) {
  const TrafficSpec& spec = prepared.spec;
  if (!spec.traces.empty() || spec.synthetic.lengths_trace.empty()) return {};
  TraceOptions options;
  options.format = spec.format;
  options.bad_lines = spec.bad_lines;
  options.seed = spec.seed;
  auto file = read_trace(spec.synthetic.lengths_trace, options);
  if (!file) return file.error();
  if (!file->trace) {
    return {about_file(*file, Error::Kind::kLimit, "the trace is too large to be held in memory",
                       fmt::format("at most {} requests and prefix blocks",
                                   grouped_text(static_cast<double>(kTraceEntriesMax))))};
  }
  prepared.lengths = file->trace;
  add_report(prepared.report, file->report);
  prepared.report.assumed.clear();  // about arrivals, which are not used
  return {};
}

NextRequest requests_of(const PreparedTraffic& prepared, std::uint64_t number,
                        std::shared_ptr<std::optional<Error>> failure) {
  const TraceFile& file = prepared.files[number];
  const TrafficSpec& spec = prepared.spec;
  const auto once = [&file, failure = std::move(failure), copies = spec.copies, seed = spec.seed,
                     number] {
    if (copies == 1) return workload::requests_of(file, failure);
    return copies_of(
        file.trace, {.count = copies, .period_ns = file.period_ns, .seed = seed, .stream = number});
  };
  return spec.repeat ? repeated(once, file.period_ns) : once();
}

}  // namespace

std::optional<std::int64_t> PreparedTraffic::requests() const {
  if (spec.duration) return {};
  if (synthetic() || spec.repeat) return spec.requests_max;
  std::int64_t total = 0;
  for (const TraceFile& file : files) total += file.requests * spec.copies;
  return spec.requests_max ? std::min(total, *spec.requests_max) : total;
}

Checked<Traffic> open_traffic(const TrafficSpec& spec) {
  Errors errors = check_spec(spec);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  auto prepared = std::make_shared<PreparedTraffic>();
  prepared->spec = spec;
  errors = spec.traces.empty() ? read_lengths(*prepared) : read_files(*prepared);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return Traffic{std::move(prepared)};
}

Traffic::Traffic(std::shared_ptr<const PreparedTraffic> prepared, std::optional<Hertz> rate)
    : prepared_{std::move(prepared)},
      rate_{rate},
      failure_{std::make_shared<std::optional<Error>>()} {
  const PreparedTraffic& p = *prepared_;
  Limits limits{.requests = p.spec.requests_max, .before_ns = {}};
  if (p.spec.duration) limits.before_ns = nanoseconds(*p.spec.duration);
  if (p.synthetic()) {
    next_ = synthetic_requests(p.spec.synthetic, rate.value_or(p.spec.rate.value_or(Hertz{})),
                               p.lengths, p.spec.seed);
  } else {
    std::vector<NextRequest> sources;
    for (std::uint64_t i = 0; i < p.files.size(); ++i) {
      sources.push_back(requests_of(p, i, failure_));
    }
    next_ = scaled(merged(std::move(sources)),
                   {p.rate_factor(rate), p.spec.input_scale, p.spec.output_scale});
  }
  next_ = limited(std::move(next_), limits);
}

// What is drawn is known to last too long only when it is drawn: phases and gaps vary.
bool Traffic::next(TrafficRequest& request) {
  if (!next_(request)) return false;
  if (request.arrival.ns < kTimeMaxNs) return true;
  *failure_ = Error{.kind = Error::Kind::kLimit,
                    .what = "the traffic takes more than 100 years",
                    .expected = "fewer requests, a higher rate, or a 'duration'",
                    .near = {},
                    .where = {}};
  return false;
}

Traffic Traffic::again() const { return Traffic{prepared_, rate_}; }

Traffic Traffic::at_rate(Hertz rate) const {
  ASSAY_ASSERT(may_have_rate() && within(rate.base(), 1e-6, 1e8));
  return Traffic{prepared_, rate};
}

bool Traffic::may_have_rate() const {
  if (!prepared_->synthetic()) return prepared_->trace_rate.has_value();
  return !std::holds_alternative<AtOnce>(prepared_->spec.synthetic.arrivals);
}

const TraceReport& Traffic::report() const { return prepared_->report; }

std::optional<std::int64_t> Traffic::requests() const { return prepared_->requests(); }

std::optional<Hertz> Traffic::mean_rate() const {
  if (!may_have_rate()) return {};
  if (rate_) return rate_;
  const PreparedTraffic& p = *prepared_;
  if (p.synthetic()) return p.spec.rate;
  return Hertz::from_base(*p.trace_rate * p.rate_factor({}));
}

std::string Traffic::description() const {
  const PreparedTraffic& p = *prepared_;
  if (p.synthetic()) return describe(p.spec.synthetic, mean_rate().value_or(Hertz{}));
  std::string out;
  for (const TraceFile& file : p.files) {
    out += fmt::format("{}{} trace {}, {} requests in {}", out.empty() ? "" : " and ",
                       name_of(file.format), file.file,
                       grouped_text(static_cast<double>(file.requests)),
                       to_text(Seconds::from_base(seconds_of(file.period_ns)), 3));
  }
  const auto add = [&](bool worth_it, std::string text) {
    if (worth_it) out += ", " + std::move(text);
  };
  add(p.spec.copies > 1, fmt::format("{} copies", p.spec.copies));
  add(p.spec.repeat, "repeated");
  const auto rate = mean_rate();
  add(rate.has_value(), fmt::format("{} requests/s", number_text(rate ? rate->base() : 0)));
  add(p.spec.input_scale != 1, fmt::format("inputs × {}", number_text(p.spec.input_scale)));
  add(p.spec.output_scale != 1, fmt::format("outputs × {}", number_text(p.spec.output_scale)));
  return out;
}

}  // namespace assay::workload
