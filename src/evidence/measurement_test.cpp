#include "evidence/measurement.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "evidence/measurement_notes.h"

namespace assay::evidence {
namespace {

constexpr std::string_view kHeader =
    "value,metric,scenario,model,accelerator,id,batch_or_concurrency,unit_scope,tp,notes\n";

std::string row(std::string_view load, std::string_view notes) {
  return "10907,output_tokens_per_s,fixed-batch,gpt-j-6b,h100-sxm-80g,a-1," + std::string{load} +
         ",per-gpu,2,\"" + std::string{notes} + "\"\n";
}

Measurement read_one(std::string_view load, std::string_view notes = {}) {
  const auto read = read_measurements("m.csv", std::string{kHeader} + row(load, notes));
  EXPECT_TRUE(read.has_value()) << render(read.error().front());
  return read.value().at(0);
}

Measurement noted(std::string_view notes) {
  Measurement m;
  read_notes(notes, m);
  return m;
}

TEST(Measurements, ColumnsComeInAnyOrderAndMostMayBeAbsent) {
  const Measurement m = read_one("64");
  EXPECT_EQ(m.id, "a-1");
  EXPECT_EQ(m.accelerator, "h100-sxm-80g");
  EXPECT_EQ(m.scenario, Scenario::kFixedBatch);
  EXPECT_EQ(m.metric, Metric::kOutputTokensPerSecond);
  EXPECT_EQ(m.value, 10907);
  EXPECT_TRUE(m.per_accelerator);
  EXPECT_EQ(m.tensor, 2);
  EXPECT_FALSE(m.accelerators || m.pipeline || m.input_tokens);
  EXPECT_TRUE(m.engine.empty() && m.weights.empty() && m.date.empty());
  EXPECT_EQ(m.where, (Where{"m.csv", 2, 6}));
}

TEST(Measurements, LoadIsReadInEachOfItsForms) {
  struct Form {
    std::string_view cell;
    LoadKind kind;
    double load;
  };
  for (const Form& form :
       {Form{"", LoadKind::kUnstated, 0}, Form{"64", LoadKind::kCount, 64},
        Form{"1000 at once", LoadKind::kAtOnce, 1000}, Form{"rate=17.5", LoadKind::kRate, 17.5},
        Form{"rate=INF", LoadKind::kAtOnce, 0}, Form{"trace 300 req", LoadKind::kTrace, 300},
        Form{"256/gpu", LoadKind::kPerAccelerator, 256},
        Form{"16384 tok/gpu", LoadKind::kTokensPerAccelerator, 16384},
        Form{"as many as fit", LoadKind::kUnread, 0}}) {
    const Measurement m = read_one(form.cell);
    EXPECT_EQ(m.load_kind, form.kind) << form.cell;
    EXPECT_EQ(m.load, form.load) << form.cell;
  }
  EXPECT_EQ(read_one("rate=INF", "500 requests").load, 500);
  EXPECT_EQ(read_one("", "request rate 5 QPS (INF = all 500 at once)").load_kind, LoadKind::kRate);
}

TEST(Measurements, AllErrorsComeAtOnceWithTheirPlaces) {
  const auto read = read_measurements("m.csv",
                                      "id,accelerator,model,scenario,metric,value,tp\n"
                                      "a,h100,m,servr,tpot_ms,1x,1.5\n"
                                      ",h100,m,server,tpot,-3,1\n");
  ASSERT_FALSE(read.has_value());
  std::vector<std::string> lines;
  for (const Error& e : read.error()) lines.push_back(render(e));
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[0], "m.csv:2:7: error: '1.5' in the column tp; expected a whole number");
  EXPECT_EQ(lines[1],
            "m.csv:2:4: error: unknown scenario 'servr'; expected fixed-batch, "
            "offline-max-throughput, server, single-stream, prefill-only or decode-only (did you "
            "mean 'server'?)");
  EXPECT_EQ(lines[2],
            "m.csv:2:6: error: '1x' in the column value; expected a number above 0, or nothing");
  EXPECT_EQ(lines[3], "m.csv:3:1: error: no id; expected one in every row");
}

TEST(Measurements, AMissingColumnIsNamedWithTheNearestOne) {
  const auto read = read_measurements("m.csv", "id,accelerater,model,scenario,metric,value\n");
  ASSERT_FALSE(read.has_value());
  ASSERT_EQ(read.error().size(), 1u);
  EXPECT_EQ(render(read.error()[0]),
            "m.csv:1: error: no column 'accelerator'; expected the columns id, accelerator, model, "
            "scenario, metric, value (did you mean 'accelerater'?)");
}

TEST(MeasurementNotes, LayoutsOfDisaggregatedAndPlainRuns) {
  const Measurement split = noted(
      "disagg; disaggregated: prefill workers 1 tp1 dp4 ep4; decode workers 4 tp8 dp1 ep8; "
      "closed-loop fixed concurrency");
  EXPECT_EQ(split.prefill_workers, (Workers{.count = 1, .tensor = 1, .data = 4, .expert = 4}));
  EXPECT_EQ(split.decode_workers, (Workers{.count = 4, .tensor = 8, .data = 1, .expert = 8}));
  const Measurement plain = noted("agg; gemm=fp8; attn tp2 dp4 moe_tp1 moe_ep8; closed-loop");
  EXPECT_EQ(plain.tensor, 2);
  EXPECT_EQ(plain.data, 4);
  EXPECT_EQ(plain.expert, 8);
  EXPECT_TRUE(plain.attention_data_parallel);
  EXPECT_TRUE(noted("cmd: x --tp 8 --enable-dp-attention; node").attention_data_parallel);
  EXPECT_TRUE(noted("doc says MoE runs used enable_attention_dp").attention_over_tensor_ranks);
  EXPECT_TRUE(noted("--moe-a2a-backend=deepep --x").experts_dealt_out);
  EXPECT_TRUE(noted("node A single NVIDIA H100 SXM GPU.").single_device);
  EXPECT_FALSE(noted("8 GPUs on a single node.").single_device);
}

TEST(MeasurementNotes, SpeculationIsSeenUnlessDenied) {
  EXPECT_TRUE(noted("SPECULATIVE DECODING; node").speculative);
  EXPECT_TRUE(noted("cmd: x --speculative-algorithm EAGLE3").speculative);
  EXPECT_TRUE(noted("SIMULATED MTP, KV 4000").speculative);
  EXPECT_FALSE(noted("two-batch overlap; no MTP").speculative);
  EXPECT_FALSE(noted("baseline without speculation").speculative);
  EXPECT_EQ(noted("{\"method\":\"mtp\",\"num_speculative_tokens\":1}").draft_tokens, 1);
}

TEST(MeasurementNotes, MlperfBenchmarkAndScenario) {
  const Measurement m = noted(
      "MLPerf 5.1-0047 available closed datacenter llama2-70b-99.9 Interactive; platform B200");
  EXPECT_TRUE(m.mlperf && m.interactive);
  EXPECT_EQ(m.benchmark, "llama2-70b-99.9");
  EXPECT_EQ(noted("MLPerf gptj-99 Offline").benchmark, "gptj-99");
  const Measurement vague = noted("18 VMs summed; unverified MLPerf v4.1; precision fp4 inferred");
  EXPECT_TRUE(vague.mlperf);
  EXPECT_TRUE(vague.benchmark.empty());
}

// What tools/normalise_measurements.py makes of a collector's notes.
TEST(MeasurementNotes, TheShortFormSaysTheSame) {
  struct Pair {
    std::string_view raw, brief;
  };
  for (const auto& [raw, brief] :
       {Pair{"agg; silicon id x_c160_tp1_epnone_1; silicon_concurrency=16; gemm=fp8_block "
             "moe=fp8_block; attn tp1 dp8 moe_tp1 moe_ep8; closed-loop fixed concurrency",
             "attn tp1 dp8 moe_tp1 moe_ep8"},
        Pair{"max-load offline throughput, all requests issued at once (request rate inf), uniform "
             "random ISL/OSL; source label DEP4,PP1 FP4; GPUs=4; DEP = attention data parallel",
             "DEP =; at once"},
        Pair{"request rate 2 QPS (INF = all 500 at once), 500 requests, lengths are means; "
             "achieved 2 req/s; tpot = mean ITL",
             "500 requests; request rate 2; at once"},
        Pair{"MLPerf 6.0-0053 available closed datacenter mixtral-8x7b Offline; platform "
             "RTX_PRO_6000_PCIe_96GBx4_TRT; nodes 1; sw TensorRT 10.11.0.33; osl = mean "
             "TOKENS_PER_SAMPLE; GPU 450W / 600W (reduced)",
             "MLPerf mixtral-8x7b Offline; TGP 450W"},
        Pair{"vllm bench serve, random lengths (means), 1000 requests; cmd: vllm serve m "
             "--speculative-config={\"method\":\"mtp\",\"num_speculative_tokens\":1}  "
             "--max-model-len=32768; SPECULATIVE DECODING; QUALITY=suspect-low (<0.3x best)",
             "SPECULATIVE; draft tokens 1; 1000 requests; QUALITY=suspect-low"},
        Pair{"source per-node 17373 x 9 nodes; SIMULATED MTP (slowed attention), KV 4000",
             "SPECULATIVE; KV length 4000; SIMULATED"},
        Pair{"static fixed batch (gptSessionBenchmark): whole batch prefilled then decoded", ""}}) {
    EXPECT_EQ(noted(raw), noted(brief)) << raw;
  }
}

TEST(MeasurementNotes, LoadLimitsAndPower) {
  const Measurement m = noted(
      "random lengths (means), 1000 requests all at once (rate inf); cmd: x "
      "--max-num-batched-tokens 4096 --max-running-requests=256 --mem-fraction-static=0.85 "
      "--kv-cache-dtype=fp8_e4m3; B200 TGP 1000W; QUALITY=suspect-low");
  EXPECT_EQ(m.requests, 1000);
  EXPECT_EQ(m.load_kind, LoadKind::kAtOnce);
  EXPECT_EQ(m.load, 1000);
  EXPECT_EQ(m.iteration_tokens_max, 4096);
  EXPECT_EQ(m.sequences_max, 256);
  EXPECT_EQ(m.memory_share, 0.85);
  EXPECT_EQ(m.kv_cache, "fp8");
  EXPECT_EQ(m.power_limit, Watts::from_base(1000));
  EXPECT_TRUE(m.suspect);
  EXPECT_EQ(noted("1200W TGP Per GPU").power_limit, Watts::from_base(1200));
  EXPECT_EQ(noted("GPU 450W / 600W (reduced)").power_limit, Watts::from_base(450));
  EXPECT_EQ(noted("average KV length 4989; decode").context_tokens, 4989);
  EXPECT_EQ(noted("INCLUDING 56.3% cache hits").cached_share, 0.563);
  EXPECT_EQ(noted("workloads/sharegpt-300-sps10.jsonl, Poisson").requests_per_s, 10);
  EXPECT_EQ(noted("num_prompts=3200=max_num_seqs").sequences_max, 3200);
  EXPECT_FALSE(noted("parallelism not in source").power_limit.has_value());
}

}  // namespace
}  // namespace assay::evidence
