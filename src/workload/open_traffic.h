// open_traffic.h — a specification of traffic → the requests, one after the other.
// Files are read once here and checked whole: traces of up to kTraceEntriesMax entries stay in
// memory, longer ones are read again while they are used. Errors name file, line and column.
// A Traffic is used by one thread; again() and at_rate() may be called from several at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/quantity.h"
#include "workload/traffic.h"
#include "workload/traffic_spec.h"

namespace assay::workload {

struct PreparedTraffic;  // the checked specification with its traces; never changes

class Traffic {
 public:
  explicit Traffic(std::shared_ptr<const PreparedTraffic> prepared, std::optional<Hertz> rate = {});

  // False: there are no more, or failure() says why.
  bool next(TrafficRequest& request);

  // The same traffic from its beginning; nothing is read again that is in memory.
  Traffic again() const;
  // The same with this mean rate; requires may_have_rate() and 1e-6 to 1e8 requests/s.
  Traffic at_rate(Hertz rate) const;
  // False where all requests come at once: there is no gap to scale.
  bool may_have_rate() const;

  // Of all traces together, and of the trace that lengths are drawn from.
  const TraceReport& report() const;
  // "azure trace conv.csv.gz, 19,366 requests in 57.8 min, 100 copies, 557.6 requests/s".
  std::string description() const;
  // How many there are, where that is known without drawing them.
  std::optional<std::int64_t> requests() const;
  std::optional<Hertz> mean_rate() const;  // nothing: all come at once
  // A file that was read again while it was used broke off or had changed; requests came after 100
  // years.
  const std::optional<Error>& failure() const { return *failure_; }

 private:
  std::shared_ptr<const PreparedTraffic> prepared_;
  std::optional<Hertz> rate_;
  std::shared_ptr<std::optional<Error>> failure_;
  NextRequest next_;
};

// kInput: what is wrong in the specification or in a file; kIo: a file cannot be read; kLimit: more
// than fits (copies of a trace that is not held in memory, times beyond 100 years).
Checked<Traffic> open_traffic(const TrafficSpec& spec);

}  // namespace assay::workload
