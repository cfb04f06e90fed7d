#include "present/training_json.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "market/training_cost.h"
#include "present/cli.h"
#include "present/figure_json.h"
#include "present/training_operators_table.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;
using search::PredictedTraining;

Json figure(const Estimate<double>& e, const std::string& regime, double scale = 1) {
  return {{"value", e.value * scale},
          {"low", e.low * scale},
          {"high", e.high * scale},
          {"coverage", kCoverage},
          {"regime", regime}};
}

Json layout_json(const model::TrainingLayout& l) {
  Json offload = Json::array();
  if (l.offload_weights) offload.push_back("weights");
  if (l.offload_activations) offload.push_back("activations");
  if (l.offload_optimizer) offload.push_back("optimizer");
  return {{"layout", to_text(l)},
          {"tensor_parallel", l.tensor},
          {"pipeline_parallel", l.pipeline},
          {"virtual_stages", l.virtual_stages},
          {"context_parallel", l.context},
          {"context_comm", l.context_comm == model::ContextComm::kRing ? "ring" : "all-to-all"},
          {"data_parallel", l.data},
          {"expert_parallel", l.expert},
          {"expert_tensor_parallel", l.expert_tensor},
          {"micro_batch", l.micro_batch},
          {"sequence_parallel", l.sequence_parallel},
          {"sharding", model::name(l.sharding)},
          {"shard_ranks", l.shard_ranks > 0 ? Json(l.shard_ranks) : Json(nullptr)},
          {"recompute", model::name(l.recompute)},
          {"recompute_layers", l.recompute_layers > 0 ? Json(l.recompute_layers) : Json(nullptr)},
          {"schedule", model::name(l.schedule)},
          {"offload", std::move(offload)},
          {"accelerators", l.accelerators()}};
}

Json memory_json(const model::TrainingMemory& m, bool fits) {
  return {{"fits", fits},
          {"total_bytes", m.total()},
          {"weights_bytes", m.weights},
          {"gradients_bytes", m.gradients},
          {"optimizer_bytes", m.optimizer},
          {"activations_bytes", m.activations},
          {"buffers_bytes", m.buffers},
          {"reserve_bytes", m.reserve},
          {"host_bytes", m.host}};
}

Json waterfall_json(const search::TrainingWaterfall& fall) {
  Json losses = Json::array();
  for (const search::WaterfallStep& s : fall.losses) {
    losses.push_back({{"cause", s.name}, {"ms", s.seconds * 1e3}, {"mfu_lost", s.mfu}});
  }
  return {{"ideal_ms", fall.ideal * 1e3}, {"mfu", fall.mfu}, {"losses", std::move(losses)}};
}

Json time_json(const model::StepTime& t) {
  return {{"forward_ms", t.forward * 1e3},     {"backward_ms", t.backward * 1e3},
          {"recompute_ms", t.recompute * 1e3}, {"tensor_ms", t.tensor * 1e3},
          {"context_ms", t.context * 1e3},     {"expert_ms", t.expert * 1e3},
          {"pipeline_ms", t.pipeline * 1e3},   {"data_ms", t.data * 1e3},
          {"bubble_ms", t.bubble * 1e3},       {"optimizer_ms", t.optimizer * 1e3},
          {"offload_ms", t.offload * 1e3},     {"host_ms", t.host * 1e3}};
}

Json power_json(const PredictedTraining& p) {
  if (!p.power) return nullptr;
  const search::TrainingPower& power = *p.power;
  return {{"board_mean_w", figure(power.board, "power")},
          {"board_limit_w", power.limit.base()},
          {"board_idle_w", power.idle.base()},
          {"host_w", power.host ? Json(power.host->base()) : Json(nullptr)},
          {"host_unknown", power.host ? Json(nullptr) : Json(power.host_unknown)},
          {"j_per_token", power.joules_per_token}};
}

Json run_json(const model::TrainingRunEstimate& run, const TrainingQuestion& question) {
  const model::Goodput& g = run.goodput;
  const auto hours = [](Seconds s) { return s / kHour; };
  Json cost = nullptr;
  if (question.price) {
    cost = market::training_cost({run.accelerator_time, run.spare_time}, *question.price).base();
  }
  return {{"steps", run.steps},
          {"full_speed_s", run.full_speed.base()},
          {"expected_s", run.expected.base()},
          {"failures", run.failures},
          {"failure_deviation_s", run.failure_deviation.base()},
          {"finish",
           {{"mean_s", run.finish.mean.base()},
            {"p10_s", run.finish.p10.base()},
            {"p50_s", run.finish.p50.base()},
            {"p90_s", run.finish.p90.base()},
            {"p99_s", run.finish.p99.base()}}},
          {"goodput",
           {{"useful", g.useful},
            {"straggler", g.straggler},
            {"checkpoint", g.checkpoint},
            {"lost", g.lost},
            {"restart", g.restart},
            {"repair", g.repair},
            {"checkpoint_interval_s", g.interval.base()}}},
          {"accelerator_hours", hours(run.accelerator_time)},
          {"spare_hours", hours(run.spare_time)},
          {"energy_j", run.energy ? Json(run.energy->base()) : Json(nullptr)},
          {"deadline_probability", run.in_time ? Json(*run.in_time) : Json(nullptr)},
          {"cost_usd", std::move(cost)}};
}

Json fixes_json(const PredictedTraining& p) {
  Json fixes = Json::array();
  for (const model::TrainingFix& fix : p.fixes) {
    fixes.push_back({{"change", fix.change},
                     {"layout", layout_json(fix.layout)},
                     {"step_ms", fix.step.time.total * 1e3},
                     {"memory_bytes", fix.step.memory.total()}});
  }
  return fixes;
}

Json predicted_json(const PredictedTraining& p, const TrainingQuestion& question) {
  const std::string& tier = p.interval.tier;
  return {{"status", p.step.fits ? "feasible" : "infeasible"},
          {"why", p.step.fits ? Json(nullptr) : Json(p.shortage)},
          {"layout", layout_json(p.layout)},
          {"micro_batches", p.micro_batches},
          {"step_ms", figure(p.seconds, tier, 1e3)},
          {"tokens_per_s", figure(p.tokens_per_s, tier)},
          {"tokens_per_s_per_accelerator", figure(p.tokens_per_s_per_accelerator, tier)},
          {"model_flop_per_s_per_accelerator", figure(p.flops, tier)},
          {"mfu", figure(p.mfu, tier)},
          {"usable_bytes_per_accelerator", p.usable.base()},
          {"memory", memory_json(p.step.memory, p.step.fits)},
          {"time", time_json(p.step.time)},
          {"waterfall", waterfall_json(p.waterfall)},
          {"fixes", fixes_json(p)},
          {"power", power_json(p)},
          {"run", p.run ? run_json(*p.run, question) : Json(nullptr)}};
}

Json question_json(const TrainingQuestion& question) {
  Json json{{"sequence_tokens", question.job.sequence},
            {"batch_sequences", question.job.batch},
            {"precision", model::name(question.job.format)},
            {"in_network_reduction", question.job.in_network_reduction},
            {"lora_rank", question.job.lora_rank > 0 ? Json(question.job.lora_rank) : nullptr},
            {"stack", question.job.stack},
            {"tokens", question.run ? Json(question.run->tokens) : Json(nullptr)},
            {"deadline_s", nullptr},
            {"pue", question.pue}};
  if (question.run && question.run->deadline) json["deadline_s"] = question.run->deadline->base();
  return json;
}

Json subject_json(const TrainingInputs& inputs) {
  return {{"accelerator", inputs.title},
          {"count", inputs.accelerators},
          {"system", inputs.system != nullptr ? Json(inputs.system->id) : Json(nullptr)}};
}

void add_closing(Json& json, const catalog::Catalog& catalog, const TrainingInputs& inputs,
                 const TrainingQuestion& question) {
  json["assumed"] = question.assumed;
  json["provenance"] = training_provenance(inputs.subject(question.job), inputs.site(question.pue));
  json["inputs"] = inputs_json(inputs.hardware.facts);
  json["assay"] = version();
  json["catalog"] = catalog_stamp(catalog);
}

Json found_json(const search::FoundLayout& found) {
  return {{"layout", layout_json(found.layout)},
          {"step_ms", found.step.time.total * 1e3},
          {"mfu", found.step.mfu},
          {"memory_bytes", found.step.memory.total()}};
}

Json point_json(const search::SweepPoint& point, const TrainingQuestion& question) {
  const search::TrainingCounts& c = point.search.counts;
  Json rejected = Json::array(), front = Json::array();
  for (const search::TrainingRejection& r : point.search.rejected) {
    rejected.push_back({{"reason", r.reason}, {"count", r.count}, {"first", r.example}});
  }
  for (const search::FoundLayout& f : point.search.front) front.push_back(found_json(f));
  const auto& top = point.search.top;
  return {{"accelerators", point.accelerators},
          {"layouts", c.candidates},
          {"layouts_evaluated", c.evaluated()},
          {"layouts_fit", c.fit},
          {"layouts_pruned_unfit", c.pruned_unfit},
          {"layouts_pruned_slow", c.pruned_slow},
          {"layouts_cannot_run", c.cannot_run},
          {"rejected", std::move(rejected)},
          {"best", top.empty() ? Json(nullptr) : found_json(top.front())},
          {"run", point.run ? run_json(*point.run, question) : Json(nullptr)},
          {"front", std::move(front)}};
}

}  // namespace

std::string predict_training_json(const catalog::Catalog& catalog, const TrainingInputs& inputs,
                                  std::span<const LayoutAnswer> answers,
                                  const PredictTrainingOptions& options) {
  Json predictions = Json::array();
  const model::TrainingSubject subject = inputs.subject(options.question.job);
  for (const LayoutAnswer& answer : answers) {
    if (!answer.predicted) {
      predictions.push_back({{"status", "infeasible"},
                             {"why", answer.predicted.error().what},
                             {"layout", {{"layout", answer.layout}}}});
      continue;
    }
    Json one = predicted_json(*answer.predicted, options.question);
    if (options.operators) {
      one["operators"] = training_operators_json(subject, answer.predicted->layout);
    }
    predictions.push_back(std::move(one));
  }
  Json out{{"schema", "assay.predict.train/1"},
           {"model", inputs.model.id},
           {"subject", subject_json(inputs)},
           {"question", question_json(options.question)},
           {"predictions", std::move(predictions)}};
  add_closing(out, catalog, inputs, options.question);
  return dump(out);
}

std::string search_training_json(const catalog::Catalog& catalog, const TrainingInputs& inputs,
                                 const TrainingSearchAnswer& answer,
                                 const SearchTrainingOptions& options) {
  Json points = Json::array(), top = Json::array();
  for (const search::SweepPoint& point : answer.sweep.points) {
    points.push_back(point_json(point, options.question));
  }
  for (const PredictedTraining& p : answer.top) {
    top.push_back(predicted_json(p, options.question));
  }
  const auto count_of = [&](const std::optional<std::size_t>& index) {
    return index ? Json(answer.sweep.points[*index].accelerators) : Json(nullptr);
  };
  Json out{{"schema", "assay.search.train/1"},
           {"model", inputs.model.id},
           {"subject", subject_json(inputs)},
           {"question", question_json(options.question)},
           {"chosen_accelerators", answer.point().accelerators},
           {"fewest_in_time_accelerators", count_of(answer.sweep.fewest)},
           {"fastest_accelerators", count_of(answer.sweep.fastest)},
           {"cheapest_accelerators", count_of(answer.sweep.cheapest)},
           {"counts", std::move(points)},
           {"top", std::move(top)},
           {"launch", answer.launch.empty() ? Json(nullptr) : Json(answer.launch)}};
  add_closing(out, catalog, inputs, options.question);
  return dump(out);
}

}  // namespace assay::present
