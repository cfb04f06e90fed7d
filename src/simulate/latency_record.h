// latency_record.h — latencies of the requests of a run, and their mean, deviation and percentiles.
// Exact while there are at most kExactMax of them: a percentile lies between the two nearest, as
// numpy's default and so the engines' benchmark scripts have it. Beyond that they are counted in
// buckets 1/1024 of an octave wide, of which only those between the shortest and the longest are
// there: memory stays, and a percentile is within 0.05 %.
// Seconds. Deterministic; depends on the order of additions only in the last bits of a mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay::simulate {

struct LatencyFigures {
  std::int64_t count{};
  double mean{}, deviation{};  // s; standard deviation of the population
  double p50{}, p90{}, p95{}, p99{}, max{};
};

class LatencyRecord {
 public:
  static constexpr std::size_t kExactMax = std::size_t{1} << 22;

  // counted: never keeps single values (gaps between tokens are too many).
  explicit LatencyRecord(bool counted = false);

  void add(double seconds);
  void add(double seconds, std::int64_t times);
  // Values first, first + slope, … of `steps` steps, each `times` times.
  void add_affine(double first, double slope, std::int64_t steps, std::int64_t times);

  // What another one has counted; both must be `counted`.
  void merge(const LatencyRecord& other);

  LatencyFigures figures();         // reorders what is kept; all zero without a value
  double percentile(double share);  // 0..1

 private:
  // How far a search for ranks that rise has come: `rank` values lie before position `at`.
  struct Place {
    std::size_t at{};
    std::int64_t rank{};
  };

  void give_up_exact();
  void cover(std::size_t first, std::size_t last);
  double value_at(std::int64_t rank, Place& from);  // of the sorted values
  double percentile(double share, Place& from);

  bool counted_;
  std::vector<double> values_;
  std::vector<std::int64_t> buckets_;
  std::size_t lowest_{};  // number of the first bucket that is there
  std::int64_t total_{};
  double sum_{}, squares_{}, max_{};
};

}  // namespace assay::simulate
