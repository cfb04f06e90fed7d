#include "workload/transform.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/assert.h"
#include "base/random.h"
#include "workload/arrivals.h"
#include "workload/random_streams.h"
#include "workload/trace_row.h"

namespace assay::workload {

namespace {

// Other ids for another source; those of source 0 stay as they are.
void set_apart(std::vector<std::uint64_t>& ids, std::uint64_t source) {
  if (source == 0) return;
  const std::uint64_t key = mixed_bits(source * kGoldenGamma);
  for (std::uint64_t& id : ids) id = mixed_bits(id ^ key);
}

std::int32_t scaled_tokens(std::int32_t tokens, double scale) {
  const double exact = std::floor(tokens * scale + 0.5);
  return static_cast<std::int32_t>(std::clamp(exact, 1.0, static_cast<double>(kTokensMax)));
}

void scale_input(TrafficRequest& request, double scale) {
  request.input_tokens = scaled_tokens(request.input_tokens, scale);
  if (request.prefix.empty()) return;
  const double block = std::floor(request.prefix_block_tokens * scale + 0.5);
  if (block < 1) {
    request.prefix.clear();
    request.prefix_block_tokens = 0;
    return;
  }
  request.prefix_block_tokens =
      static_cast<std::int32_t>(std::min(block, static_cast<double>(kTokensMax)));
  // Rounding up may have made the blocks longer than the prompt.
  const std::int32_t size = request.prefix_block_tokens;
  const std::int64_t needed = (std::int64_t{request.input_tokens} + size - 1) / size;
  if (static_cast<std::int64_t>(request.prefix.size()) > needed) {
    request.prefix.resize(static_cast<std::size_t>(needed));
  }
}

// The next of each source lies in a heap; a place is (time, source).
struct Place {
  std::int64_t ns{};
  std::uint64_t source{};
  friend bool operator<(const Place& a, const Place& b) {  // for a heap: the latest is the least
    return a.ns != b.ns ? a.ns > b.ns : a.source > b.source;
  }
};

struct CopyCursors {
  std::shared_ptr<const Trace> trace;
  std::int64_t period_ns{};
  struct Copy {
    std::int64_t shift_ns{};
    std::size_t next{}, left{};
  };
  std::vector<Copy> copies;
  std::vector<Place> heap;

  std::int64_t time_of(const Copy& copy) const {
    const std::int64_t at = trace->arrival_ns[copy.next] + copy.shift_ns;
    return at >= period_ns && copy.shift_ns > 0 ? at - period_ns : at;
  }

  bool next(TrafficRequest& request) {
    if (heap.empty()) return false;
    std::pop_heap(heap.begin(), heap.end());
    Place& place = heap.back();
    Copy& copy = copies[place.source];
    trace->get(copy.next, request);
    request.arrival = {place.ns};
    set_apart(request.prefix, place.source);
    copy.next = copy.next + 1 == trace->size() ? 0 : copy.next + 1;
    if (--copy.left == 0) {
      heap.pop_back();
      return true;
    }
    place.ns = time_of(copy);
    std::push_heap(heap.begin(), heap.end());
    return true;
  }
};

struct Merger {
  std::vector<NextRequest> sources;
  std::vector<TrafficRequest> waiting;
  std::vector<Place> heap;

  void refill(std::uint64_t source) {
    if (!sources[source](waiting[source])) return;
    heap.push_back({waiting[source].arrival.ns, source});
    std::push_heap(heap.begin(), heap.end());
  }

  bool next(TrafficRequest& request) {
    if (heap.empty()) return false;
    std::pop_heap(heap.begin(), heap.end());
    const std::uint64_t source = heap.back().source;
    heap.pop_back();
    std::swap(request, waiting[source]);
    set_apart(request.prefix, source);
    refill(source);
    return true;
  }
};

struct Rounds {
  std::function<NextRequest()> open;
  std::int64_t period_ns{};
  NextRequest requests;
  std::int64_t round{}, given_in_round{};

  bool next(TrafficRequest& request) {
    while (!requests(request)) {
      if (given_in_round == 0 || round + 1 > kTimeMaxNs / period_ns) return false;
      ++round, given_in_round = 0;
      requests = open();
    }
    ++given_in_round;
    request.arrival.ns += round * period_ns;
    set_apart(request.prefix, static_cast<std::uint64_t>(round));
    return request.arrival.ns <= kTimeMaxNs;
  }
};

}  // namespace

NextRequest scaled(NextRequest requests, Scale scale) {
  ASSAY_ASSERT(scale.rate > 0 && scale.input > 0 && scale.output > 0);
  if (scale.rate == 1 && scale.input == 1 && scale.output == 1) return requests;
  return [requests = std::move(requests), scale](TrafficRequest& request) {
    if (!requests(request)) return false;
    if (scale.rate != 1) {
      const double ns = static_cast<double>(request.arrival.ns) / scale.rate + 0.5;
      request.arrival.ns =
          ns < static_cast<double>(kTimeMaxNs) ? static_cast<std::int64_t>(ns) : kTimeMaxNs;
    }
    if (scale.input != 1) scale_input(request, scale.input);
    if (scale.output != 1)
      request.output_tokens = scaled_tokens(request.output_tokens, scale.output);
    return true;
  };
}

NextRequest copies_of(std::shared_ptr<const Trace> trace, Copies copies) {
  ASSAY_ASSERT(copies.count >= 1 && trace->size() >= 1);
  ASSAY_ASSERT(copies.period_ns == 0 || copies.period_ns >= trace->arrival_ns.back());
  auto cursors = std::make_shared<CopyCursors>();
  cursors->trace = std::move(trace);
  cursors->period_ns = copies.period_ns;
  const std::vector<std::int64_t>& arrivals = cursors->trace->arrival_ns;
  const RandomStream draws{copies.seed, kShiftStream + copies.stream * kStreamsApart};
  for (std::int64_t k = 0; k < copies.count; ++k) {
    CopyCursors::Copy copy{.left = arrivals.size()};
    if (k > 0) {
      const double share = draws.uniform(static_cast<std::uint64_t>(k));
      copy.shift_ns = static_cast<std::int64_t>(share * static_cast<double>(copies.period_ns));
      // First come those that the shift moves from the end of the period to its beginning.
      const auto first =
          std::lower_bound(arrivals.begin(), arrivals.end(), copies.period_ns - copy.shift_ns);
      if (copy.shift_ns > 0 && first != arrivals.end()) {
        copy.next = static_cast<std::size_t>(first - arrivals.begin());
      }
    }
    cursors->copies.push_back(copy);
    cursors->heap.push_back({cursors->time_of(copy), static_cast<std::uint64_t>(k)});
  }
  std::make_heap(cursors->heap.begin(), cursors->heap.end());
  return [cursors](TrafficRequest& request) { return cursors->next(request); };
}

NextRequest merged(std::vector<NextRequest> sources) {
  if (sources.size() == 1) return std::move(sources.front());
  auto merger = std::make_shared<Merger>();
  merger->sources = std::move(sources);
  merger->waiting.resize(merger->sources.size());
  for (std::uint64_t i = 0; i < merger->sources.size(); ++i) merger->refill(i);
  return [merger](TrafficRequest& request) { return merger->next(request); };
}

NextRequest repeated(std::function<NextRequest()> open, std::int64_t period_ns) {
  ASSAY_ASSERT(period_ns > 0);
  NextRequest first = open();
  auto rounds = std::make_shared<Rounds>(Rounds{std::move(open), period_ns, std::move(first)});
  return [rounds](TrafficRequest& request) { return rounds->next(request); };
}

NextRequest limited(NextRequest requests, Limits limits) {
  if (!limits.requests && !limits.before_ns) return requests;
  return [requests = std::move(requests), limits, ended = false](TrafficRequest& request) mutable {
    if (ended || (limits.requests && (*limits.requests)-- <= 0)) return false;
    ended = !requests(request) || (limits.before_ns && request.arrival.ns >= *limits.before_ns);
    return !ended;
  };
}

}  // namespace assay::workload
