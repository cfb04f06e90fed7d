#include "simulate/latency_record.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/assert.h"

namespace assay::simulate {

namespace {

// From 2^-40 s to 2^31 s; bucket 0 takes what is shorter, zero with it.
constexpr int kOctaves = 71, kBitsOfOctave = 10;
constexpr std::uint64_t kShift = 52 - kBitsOfOctave;
constexpr std::uint64_t kLowest = std::bit_cast<std::uint64_t>(0x1p-40) >> kShift;
constexpr std::size_t kBuckets = (std::size_t{kOctaves} << kBitsOfOctave) + 1;

std::size_t bucket_of(double seconds) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(seconds) >> kShift;
  if (bits < kLowest) return 0;
  return std::min<std::size_t>(bits - kLowest + 1, kBuckets - 1);
}

double lower_edge(std::size_t bucket) {
  return bucket == 0 ? 0.0 : std::bit_cast<double>((kLowest + bucket - 1) << kShift);
}

}  // namespace

LatencyRecord::LatencyRecord(bool counted) : counted_{counted} {}

void LatencyRecord::add(double seconds) { add(seconds, 1); }

void LatencyRecord::add(double seconds, std::int64_t times) {
  if (times <= 0) return;
  total_ += times;
  sum_ += seconds * static_cast<double>(times);
  squares_ += seconds * seconds * static_cast<double>(times);
  max_ = std::max(max_, seconds);
  if (!counted_) {
    if (static_cast<std::size_t>(total_) <= kExactMax) {
      if (times == 1) values_.push_back(seconds);
      else values_.insert(values_.end(), static_cast<std::size_t>(times), seconds);
      return;
    }
    give_up_exact();
  }
  const std::size_t bucket = bucket_of(seconds);
  cover(bucket, bucket);
  buckets_[bucket - lowest_] += times;
}

void LatencyRecord::give_up_exact() {
  counted_ = true;
  for (const double value : values_) {
    const std::size_t bucket = bucket_of(value);
    cover(bucket, bucket);
    ++buckets_[bucket - lowest_];
  }
  values_ = {};
}

// Makes buckets `first` to `last` be there.
void LatencyRecord::cover(std::size_t first, std::size_t last) {
  if (first >= lowest_ && last - lowest_ < buckets_.size()) return;
  constexpr std::size_t kStep = 256;  // grows by quarters of an octave
  if (buckets_.empty()) lowest_ = first / kStep * kStep;
  if (first < lowest_) {
    const std::size_t lowest = first / kStep * kStep;
    buckets_.insert(buckets_.begin(), lowest_ - lowest, 0);
    lowest_ = lowest;
  }
  const std::size_t size = (last / kStep + 1) * kStep - lowest_;
  if (size > buckets_.size()) buckets_.resize(size);
}

void LatencyRecord::add_affine(double first, double slope, std::int64_t steps, std::int64_t times) {
  if (steps <= 0 || times <= 0) return;
  ASSAY_ASSERT(counted_ && slope >= 0);
  const auto n = static_cast<double>(steps), weight = static_cast<double>(times);
  const double last = first + slope * (n - 1);
  total_ += steps * times;
  sum_ += weight * n * (first + last) / 2;
  // Σ (a + b·i)² = n·a² + a·b·n(n − 1) + b²·(n − 1)n(2n − 1)/6.
  squares_ += weight * (n * first * first + first * slope * n * (n - 1) +
                        slope * slope * ((n - 1) * n * (2 * n - 1) / 6));
  max_ = std::max(max_, last);
  std::size_t bucket = bucket_of(first);
  const std::size_t end = bucket_of(last);
  cover(bucket, end);
  std::int64_t done = 0;
  for (; bucket < end; ++bucket) {  // steps that lie below the next bucket
    const double below = std::ceil((lower_edge(bucket + 1) - first) / slope);
    const auto until = std::clamp<std::int64_t>(static_cast<std::int64_t>(below), done, steps);
    buckets_[bucket - lowest_] += (until - done) * times;
    done = until;
  }
  buckets_[end - lowest_] += (steps - done) * times;
}

void LatencyRecord::merge(const LatencyRecord& other) {
  ASSAY_ASSERT(counted_ && other.counted_);
  if (other.total_ == 0) return;
  cover(other.lowest_, other.lowest_ + other.buckets_.size() - 1);
  const std::size_t shift = other.lowest_ - lowest_;
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[shift + i] += other.buckets_[i];
  total_ += other.total_;
  sum_ += other.sum_;
  squares_ += other.squares_;
  max_ = std::max(max_, other.max_);
}

double LatencyRecord::value_at(std::int64_t rank, Place& from) {
  if (!counted_) {
    const auto begin = values_.begin();
    std::nth_element(begin + from.rank, begin + rank, values_.end());
    from.rank = rank;
    return values_[static_cast<std::size_t>(rank)];
  }
  while (from.rank + buckets_[from.at] <= rank) from.rank += buckets_[from.at++];
  const std::size_t bucket = lowest_ + from.at;
  const double low = lower_edge(bucket), high = std::min(lower_edge(bucket + 1), max_);
  const double inside = static_cast<double>(rank - from.rank) + 0.5;
  return low + std::max(0.0, high - low) * inside / static_cast<double>(buckets_[from.at]);
}

double LatencyRecord::percentile(double share) {
  Place from;
  return percentile(share, from);
}

double LatencyRecord::percentile(double share, Place& from) {
  if (total_ == 0) return 0;
  const double rank = share * static_cast<double>(total_ - 1);
  const auto low = static_cast<std::int64_t>(rank);
  const double first = value_at(low, from), part = rank - static_cast<double>(low);
  if (part == 0 || low + 1 >= total_) return first;
  if (counted_) {
    Place next = from;
    return first + part * (value_at(low + 1, next) - first);
  }
  // After the selection all that lies behind is at least as large.
  const double next = *std::min_element(values_.begin() + low + 1, values_.end());
  return first + part * (next - first);
}

LatencyFigures LatencyRecord::figures() {
  LatencyFigures f;
  f.count = total_;
  if (total_ == 0) return f;
  const auto n = static_cast<double>(total_);
  f.mean = sum_ / n;
  f.deviation = std::sqrt(std::max(0.0, squares_ / n - f.mean * f.mean));
  Place from;
  f.p50 = percentile(0.5, from);
  f.p90 = percentile(0.9, from);
  f.p95 = percentile(0.95, from);
  f.p99 = percentile(0.99, from);
  f.max = max_;
  return f;
}

}  // namespace assay::simulate
