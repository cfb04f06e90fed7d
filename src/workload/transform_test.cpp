#include "workload/transform.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay::workload {
namespace {

std::shared_ptr<const Trace> trace_of(std::vector<std::int64_t> times) {
  Trace trace;
  trace.arrival_ns = std::move(times);
  for (std::size_t i = 0; i < trace.size(); ++i) {
    trace.input_tokens.push_back(static_cast<std::int32_t>(600 + i));
    trace.output_tokens.push_back(static_cast<std::int32_t>(1 + i));
    trace.prefix_ids.push_back(i / 2);
    trace.prefix_end.push_back(i + 1);
  }
  trace.prefix_block_tokens = 512;
  return std::make_shared<const Trace>(std::move(trace));
}

NextRequest once(std::shared_ptr<const Trace> trace) {
  return copies_of(std::move(trace), {.count = 1});
}

std::vector<TrafficRequest> all(const NextRequest& next, std::size_t at_most = 100'000) {
  std::vector<TrafficRequest> out;
  TrafficRequest request;
  while (out.size() < at_most && next(request)) {
    EXPECT_TRUE(out.empty() || request.arrival >= out.back().arrival);
    out.push_back(request);
  }
  return out;
}

std::vector<std::int64_t> times(const std::vector<TrafficRequest>& requests) {
  std::vector<std::int64_t> out;
  for (const TrafficRequest& request : requests) out.push_back(request.arrival.ns);
  return out;
}

using Times = std::vector<std::int64_t>;

TEST(Scaled, DividesTimesAndMultipliesLengths) {
  const auto requests = all(scaled(once(trace_of({0, 10, 25})), {2, 0.5, 3}));
  EXPECT_EQ(times(requests), (Times{0, 5, 13}));
  EXPECT_EQ(requests[1].input_tokens, 301);
  EXPECT_EQ(requests[1].output_tokens, 6);
  EXPECT_EQ(requests[1].prefix_block_tokens, 256);
  EXPECT_EQ(requests[1].prefix.size(), 1u);
}

TEST(Scaled, KeepsLengthsInTheirLimits) {
  const auto tiny = all(scaled(once(trace_of({0, 1})), {1, 1e-6, 1e-6}));
  EXPECT_EQ(tiny[0].input_tokens, 1);
  EXPECT_EQ(tiny[0].output_tokens, 1);
  EXPECT_TRUE(tiny[0].prefix.empty());
  EXPECT_EQ(all(scaled(once(trace_of({0, 1})), {1, 1e6, 1}))[0].input_tokens, 100'000'000);
}

TEST(Copies, OfOneAreTheTrace) {
  EXPECT_EQ(times(all(once(trace_of({0, 10, 25})))), (Times{0, 10, 25}));
}

TEST(Copies, ShareNoPrefixes) {
  const auto requests = all(copies_of(trace_of({0, 10, 25, 30}), {5, 40, 1}));
  std::map<std::uint64_t, int> uses;
  for (const TrafficRequest& request : requests) ++uses[request.prefix.at(0)];
  EXPECT_EQ(uses.size(), 10u);  // 5 copies of 2 shared texts
  for (const auto& [id, count] : uses) EXPECT_EQ(count, 2) << id;
  EXPECT_EQ(uses.count(0), 1u);  // the first copy is the trace as it is
}

TEST(Copies, OfATraceAtOnceComeAtOnce) {
  EXPECT_EQ(times(all(copies_of(trace_of({0, 0}), {3, 0, 1}))), Times(6, 0));
}

RC_GTEST_PROP(Copies, ConserveRequestsOrderAndPeriod, ()) {
  auto gaps = *rc::gen::nonEmpty(rc::gen::container<Times>(rc::gen::inRange<std::int64_t>(0, 100)));
  gaps[0] = 0;
  for (std::size_t i = 1; i < gaps.size(); ++i) gaps[i] += gaps[i - 1];
  const std::int64_t period = gaps.back() + *rc::gen::inRange<std::int64_t>(1, 100);
  const auto count = *rc::gen::inRange<std::int64_t>(1, 20);
  const auto trace = trace_of(gaps);
  const Copies copies{count, period, *rc::gen::arbitrary<std::uint64_t>(), 0};
  const auto requests = all(copies_of(trace, copies));
  RC_ASSERT(requests.size() == gaps.size() * static_cast<std::size_t>(count));
  std::map<std::int32_t, std::int64_t> uses;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    RC_ASSERT(requests[i].arrival.ns >= 0 && requests[i].arrival.ns < period);
    if (i > 0) RC_ASSERT(requests[i - 1].arrival <= requests[i].arrival);
    ++uses[requests[i].output_tokens];
  }
  for (const auto& [line, number] : uses) RC_ASSERT(number == count);
  RC_ASSERT(times(all(copies_of(trace, copies))) == times(requests));
}

TEST(Merged, TakesTheEarlierAndSetsPrefixesApart) {
  std::vector<NextRequest> sources;
  sources.push_back(once(trace_of({0, 10, 25})));
  sources.push_back(once(trace_of({5, 10})));
  const auto requests = all(merged(std::move(sources)));
  EXPECT_EQ(times(requests), (Times{0, 5, 10, 10, 25}));
  EXPECT_EQ(requests[2].output_tokens, 2);  // of the first source
  std::set<std::uint64_t> ids;
  for (const TrafficRequest& request : requests) ids.insert(request.prefix.at(0));
  EXPECT_EQ(ids.size(), 3u);
}

TEST(Repeated, BeginsAgainAfterThePeriod) {
  const auto trace = trace_of({0, 10});
  const auto requests = all(repeated([&] { return once(trace); }, 20), 5);
  EXPECT_EQ(times(requests), (Times{0, 10, 20, 30, 40}));
  EXPECT_EQ(requests[0].prefix, requests[1].prefix);
  EXPECT_NE(requests[0].prefix, requests[2].prefix);
}

TEST(Repeated, EndsAfterAHundredYearsOrWithoutRequests) {
  const auto trace = trace_of({0});
  const std::int64_t half = 50LL * 365 * 86'400 * 1'000'000'000;
  EXPECT_EQ(all(repeated([&] { return once(trace); }, half)).size(), 3u);
  EXPECT_TRUE(all(repeated([] { return [](TrafficRequest&) { return false; }; }, 1)).empty());
}

TEST(Limited, EndsAtTheNumberOrTheTime) {
  const auto trace = trace_of({0, 10, 20, 20, 30});
  EXPECT_EQ(times(all(limited(once(trace), {2, {}}))), (Times{0, 10}));
  EXPECT_EQ(times(all(limited(once(trace), {{}, 20}))), (Times{0, 10}));
  EXPECT_EQ(times(all(limited(once(trace), {3, 25}))), (Times{0, 10, 20}));
  EXPECT_EQ(all(limited(once(trace), {})).size(), 5u);
}

}  // namespace
}  // namespace assay::workload
