// replay.h — a measured run of a server, request by request, simulated with its own arrivals and
// lengths, beside what was measured: from the data sheet and the built-in constants alone, and with
// three constants adapted to its first requests and judged on the others.
// Times in seconds; latencies as the engine sees them, from when a request is queued.
// A description of a run is YAML (docs/validation.md, "Replayed runs"). Pure but for reading files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "catalog/catalog.h"
#include "catalog/efficiency.h"
#include "catalog/format.h"

namespace assay::evidence {

struct ReplayedRequest {
  double arrival{};  // since the first one's
  std::int32_t input{}, output{};
  double ttft{}, tpot{}, end_to_end{};  // measured; TPOT 0: a single token
};

struct MeasuredRun {
  std::string id, source, file;  // the last: of its requests
  std::string model, accelerator, engine;
  int accelerators{1}, tensor{1};
  std::optional<catalog::Format> weights;
  std::int32_t tokens_max{}, sequences_max{}, block_tokens{16};
  std::optional<std::int64_t> kv_blocks;  // as the run reports them
  std::optional<BytesPerSecond> link;     // one way, where the catalog's is not that of the run
  std::vector<ReplayedRequest> requests;
};

// The runs in validation/requests/.
Checked<std::vector<MeasuredRun>> built_in_runs();
// A description, and beside it the CSV that it names.
Checked<MeasuredRun> read_run(const std::string& path);

// One latency at one statistic.
struct LatencyPair {
  std::string_view metric, statistic;  // "TTFT", "p50"
  double measured{}, predicted{};      // s
  double error() const { return predicted / measured - 1; }
};

struct AdaptedConstant {
  std::string_view name, meaning;
  double factor{};  // on the built-in value
};

struct Replay {
  std::int64_t kv_blocks_computed{}, preemptions{};
  std::vector<LatencyPair> sheet;    // all requests
  std::vector<LatencyPair> adapted;  // those that the constants have not seen
  std::vector<AdaptedConstant> constants;
  std::size_t adapted_to{};  // the first so many requests
};

inline constexpr std::size_t kAdaptedTo = 100;

// Errors: unknown names (kInput), does not fit (kInfeasible).
Checked<Replay> replay(const MeasuredRun& run, const catalog::Catalog& catalog,
                       const catalog::EfficiencyTable& efficiency);

}  // namespace assay::evidence
