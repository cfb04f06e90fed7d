#include "workload/open_traffic.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace assay::workload {
namespace {

const std::string kData = ASSAY_SOURCE_DIR "/tests/data/traces/";

TrafficSpec of_trace(const std::string& name) {
  TrafficSpec spec;
  spec.traces = {kData + name};
  return spec;
}

TrafficSpec synthetic(double rate, std::int64_t requests) {
  TrafficSpec spec;
  spec.rate = Hertz::from_base(rate);
  spec.requests_max = requests;
  return spec;
}

Traffic open(const TrafficSpec& spec) {
  auto traffic = open_traffic(spec);
  if (!traffic) {
    for (const Error& error : traffic.error()) ADD_FAILURE() << render(error);
    return Traffic{*open_traffic(synthetic(1, 1))};
  }
  return std::move(*traffic);
}

std::string errors_of(const TrafficSpec& spec) {
  const auto traffic = open_traffic(spec);
  EXPECT_FALSE(traffic.has_value());
  std::string out;
  if (!traffic) {
    for (const Error& error : traffic.error()) out += render(error) + "\n";
  }
  return out;
}

struct Sum {
  std::int64_t requests{}, last_ns{};
  double input{}, output{};
  std::uint64_t digest{};  // of every field, in order
};

Sum sum_of(Traffic traffic) {
  Sum sum;
  TrafficRequest request;
  while (traffic.next(request)) {
    EXPECT_GE(request.arrival.ns, sum.last_ns);
    ++sum.requests;
    sum.last_ns = request.arrival.ns;
    sum.input += request.input_tokens;
    sum.output += request.output_tokens;
    const auto add = [&](std::uint64_t value) { sum.digest = mixed_bits(sum.digest ^ value); };
    add(static_cast<std::uint64_t>(request.arrival.ns));
    add(static_cast<std::uint64_t>(request.input_tokens));
    add(static_cast<std::uint64_t>(request.output_tokens));
    for (const std::uint64_t id : request.prefix) add(id);
  }
  EXPECT_FALSE(traffic.failure().has_value());
  return sum;
}

TEST(OpenTraffic, GivesATraceAsItIs) {
  const Traffic traffic = open(of_trace("azure_conv_2023.csv.gz"));
  EXPECT_EQ(traffic.requests(), 300);
  const Sum sum = sum_of(traffic.again());
  EXPECT_EQ(sum.requests, 300);
  EXPECT_EQ(sum.digest, sum_of(traffic.again()).digest);
  const std::string description = traffic.description();
  EXPECT_EQ(description.find("azure trace "), 0u) << description;
  EXPECT_NE(description.find("azure_conv_2023.csv.gz, 300 requests in "), std::string::npos)
      << description;
}

TEST(OpenTraffic, SuperposesCopiesAndCompressesTime) {
  TrafficSpec spec = of_trace("azure_conv_2023.csv");
  const Traffic one = open(spec);
  spec.copies = 100;
  spec.rate_scale = 2;
  const Traffic many = open(spec);
  EXPECT_EQ(many.requests(), 30'000);
  EXPECT_NEAR(many.mean_rate()->base() / one.mean_rate()->base(), 200, 1e-9);
  const Sum sum = sum_of(many.again());
  EXPECT_EQ(sum.requests, 30'000);
  EXPECT_EQ(sum.input, sum_of(one.again()).input * 100);
  EXPECT_NEAR(static_cast<double>(sum.requests) / (static_cast<double>(sum.last_ns) * 1e-9) /
                  many.mean_rate()->base(),
              1, 0.01);
  EXPECT_NE(many.description().find(", 100 copies, "), std::string::npos) << many.description();
}

TEST(OpenTraffic, GivesTheSameBytesForTheSameSeed) {
  for (TrafficSpec spec : {of_trace("mooncake_conversation.jsonl"), synthetic(10, 1000)}) {
    spec.copies = spec.traces.empty() ? 1 : 7;
    spec.synthetic.input = LognormalLength{500, 1.5};
    spec.synthetic.prefix = {.groups = 5, .tokens = 64, .zipf = 1.1};
    const Sum first = sum_of(open(spec));
    EXPECT_EQ(sum_of(open(spec)).digest, first.digest);
    spec.seed = 2;
    EXPECT_NE(sum_of(open(spec)).digest, first.digest);
  }
}

TEST(OpenTraffic, HasTheRateThatIsAskedFor) {
  TrafficSpec spec = of_trace("azure_code_2023.csv");
  spec.rate = Hertz::from_base(25);
  const Traffic traffic = open(spec);
  EXPECT_NEAR(traffic.mean_rate()->base(), 25, 1e-12);
  const Sum sum = sum_of(traffic.again());
  EXPECT_NEAR(299 / (static_cast<double>(sum.last_ns) * 1e-9), 25, 1e-3);
  const Traffic faster = traffic.at_rate(Hertz::from_base(50));
  EXPECT_NEAR(
      static_cast<double>(sum.last_ns) / static_cast<double>(sum_of(faster.again()).last_ns), 2,
      1e-6);
}

TEST(OpenTraffic, RepeatsATraceUntilItsEnd) {
  TrafficSpec spec = of_trace("azure_conv_2023.csv");
  spec.repeat = true;
  spec.requests_max = 1000;
  EXPECT_EQ(sum_of(open(spec)).requests, 1000);
  spec.requests_max.reset();
  spec.duration = Seconds::from_base(7 * 86'400);  // a week
  spec.copies = 2;
  const Traffic week = open(spec);
  const Sum sum = sum_of(week.again());
  EXPECT_NEAR(static_cast<double>(sum.requests) / (7 * 86'400 * week.mean_rate()->base()), 1,
              0.001);
}

TEST(OpenTraffic, SuperposesSeveralTraces) {
  TrafficSpec spec = of_trace("azure_conv_2023.csv");
  spec.traces.push_back(kData + "mooncake_conversation.jsonl");
  const Traffic both = open(spec);
  EXPECT_EQ(both.requests(), 400);
  EXPECT_EQ(sum_of(both.again()).requests, 400);
  EXPECT_EQ(both.report().requests, 400);
}

TEST(OpenTraffic, DrawsLengthsFromATrace) {
  TrafficSpec spec = synthetic(100, 20'000);
  spec.synthetic.lengths_trace = kData + "azure_conv_2023.csv";
  const Sum drawn = sum_of(open(spec)), real = sum_of(open(of_trace("azure_conv_2023.csv")));
  EXPECT_NEAR(drawn.input / 20'000 / (real.input / 300), 1, 0.03);
  EXPECT_NEAR(drawn.output / 20'000 / (real.output / 300), 1, 0.03);
}

TEST(OpenTraffic, BeginsSyntheticPromptsWithSharedTexts) {
  TrafficSpec spec = synthetic(10, 100);
  spec.synthetic.prefix = {.groups = 1, .tokens = 512};
  Traffic traffic = open(spec);
  TrafficRequest request;
  ASSERT_TRUE(traffic.next(request));
  EXPECT_EQ(request.prefix, (std::vector<std::uint64_t>{0}));
  EXPECT_EQ(request.prefix_block_tokens, 512);
  EXPECT_EQ(request.input_tokens, 1024);
  EXPECT_EQ(traffic.description(),
            "Poisson arrivals at 10 requests/s, 1,024 tokens in, 256 tokens out, 1 shared prefixes "
            "of 512 tokens");
}

TEST(OpenTraffic, EndsSyntheticTrafficAtItsDuration) {
  TrafficSpec spec = synthetic(1000, 1);
  spec.requests_max.reset();
  spec.duration = Seconds::from_base(20);
  const Traffic traffic = open(spec);
  EXPECT_EQ(traffic.requests(), std::nullopt);
  EXPECT_NEAR(static_cast<double>(sum_of(traffic.again()).requests), 20'000, 600);
}

TEST(OpenTraffic, KnowsThatRequestsAtOnceHaveNoRate) {
  const Traffic traffic = open(of_trace("vllm_bench_inf.json"));
  EXPECT_FALSE(traffic.may_have_rate());
  EXPECT_EQ(traffic.report().assumed.size(), 1u);
  TrafficSpec spec = of_trace("vllm_bench_inf.json");
  spec.rate = Hertz::from_base(3);
  EXPECT_NE(errors_of(spec).find("they have no rate to scale"), std::string::npos);
}

TEST(OpenTraffic, EndsWithAnErrorAfter100Years) {
  TrafficSpec spec;
  spec.rate = Hertz::from_base(1e-6);
  spec.synthetic.arrivals = EqualGaps{};
  spec.requests_max = 10'000;
  Traffic traffic = open(spec);
  TrafficRequest request;
  std::int64_t requests = 0;
  while (traffic.next(request)) ++requests;
  EXPECT_EQ(requests, 3154);  // 100 years are 3153.6 times a million seconds
  ASSERT_TRUE(traffic.failure());
  EXPECT_EQ(traffic.failure()->kind, Error::Kind::kLimit);
  spec.duration = Seconds::from_base(3e9);  // said to end before
  Traffic shorter = open(spec);
  requests = 0;
  while (shorter.next(request)) ++requests;
  EXPECT_EQ(requests, 3000);
  EXPECT_FALSE(shorter.failure());
}

TEST(OpenTraffic, SaysEverythingThatIsWrongAtOnce) {
  TrafficSpec spec = of_trace("azure_conv_2023.csv");
  spec.copies = 0;
  spec.rate_scale = -1;
  spec.input_scale = std::nan("");
  spec.repeat = true;
  EXPECT_EQ(errors_of(spec),
            "error: rate scaled by -1; expected 0.000001 to 1,000,000\n"
            "error: input scaled by nan; expected 0.000001 to 1,000,000\n"
            "error: 0 copies; expected 1 to 1,000,000\n"
            "error: a trace that is repeated for ever; expected a number of requests or a "
            "duration\n");
  EXPECT_EQ(errors_of({}),
            "error: no rate for synthetic traffic; expected a rate in requests/s\n"
            "error: synthetic traffic without an end; expected a number of requests or a "
            "duration\n");
  TrafficSpec slow = of_trace("azure_conv_2023.csv");
  slow.rate = Hertz::from_base(1e-6);
  EXPECT_EQ(open(slow).requests(), 300);
  slow.window_begin = Seconds::from_base(5), slow.window_end = Seconds::from_base(4);
  EXPECT_NE(errors_of(slow).find("a window from 5 s to 4 s"), std::string::npos);
}

TEST(OpenTraffic, TellsTheErrorsOfEveryFile) {
  TrafficSpec spec = of_trace("azure_conv_2023.cvs");
  spec.traces.push_back(kData + "none");
  const std::string errors = errors_of(spec);
  EXPECT_NE(errors.find("(did you mean '"), std::string::npos) << errors;
  EXPECT_NE(errors.find("/none: error: does not exist"), std::string::npos) << errors;
}

}  // namespace
}  // namespace assay::workload
