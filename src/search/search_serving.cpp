#include "search/search_serving.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/assert.h"
#include "base/parallel.h"

namespace assay::search {

namespace {

using catalog::Format;
using model::Deployment;
using model::StepModel;

// Powers of two and divisors of `count`, up to it.
std::vector<int> ways(int count) {
  std::vector<int> out;
  for (int n = 1; n <= count; ++n) {
    const bool power = (n & (n - 1)) == 0;
    if (power || count % n == 0) out.push_back(n);
  }
  return out;
}

std::vector<Deployment> layouts_of(const ServingSubject& subject, const Deployment& formats) {
  const bool moe = catalog::is_mixture_of_experts(subject.model);
  const std::vector<int> all = ways(subject.accelerators);
  std::vector<Deployment> out;
  Deployment d = formats;
  for (const int tensor : all) {
    for (const int pipeline : all) {
      if (tensor > subject.accelerators / pipeline) break;
      for (const int data : all) {
        if (data > subject.accelerators / (tensor * pipeline)) break;
        if (data > 1 && !moe) break;  // nothing is common: that is another replica
        for (const int expert : all) {
          if (expert > 1 && (!moe || expert > tensor * data)) break;
          if ((tensor * data) % expert != 0) continue;
          d.tensor = tensor;
          d.pipeline = pipeline;
          d.data = data;
          d.expert = expert;
          out.push_back(d);
        }
      }
    }
  }
  return out;
}

std::string reason_of(const Error& error) {
  const auto has = [&](std::string_view word) {
    return error.what.find(word) != std::string::npos;
  };
  if (has("KV heads")) return "KV heads do not divide";
  if (has("heads")) return "heads do not divide";
  if (has("fast link")) return "no link reaches so far";
  if (has("stages")) return "more stages than layers";
  if (has("experts on")) return "experts do not divide";
  if (has("bandwidth between")) return "no link is known";
  if (has("rate is unknown")) return "the matrix rate is unknown";
  return error.expected.empty() ? "not runnable" : error.expected;
}

// What one layout yields; or why it yields nothing.
struct Outcome {
  SearchedLayout layout;
  std::vector<SearchPoint> points;
  std::string reason, example;
};

// One batch that starts together, decodes in step and ends together: simulate/serving_prediction.h,
// kFixedBatch; a test compares the two.
SearchPoint point_of(const StepModel& step, const SearchSpace& space, double batch) {
  const double input = std::max(space.input_tokens, 1.0);
  const double output = std::max(space.output_tokens, 1.0);
  SearchPoint point;
  point.batch = batch;
  point.ttft =
      step.time({.prefill_tokens = batch * input, .prefill_pieces = batch, .prefill_ends = batch});
  const Seconds decode =
      step.time({.decode_sequences = batch, .decode_context = input + output / 2});
  point.tpot = decode / step.tokens_per_iteration();
  const Seconds all = point.ttft + decode * ((output - 1) / step.tokens_per_iteration());
  point.tokens_per_s_per_user = 1 / point.tpot.base();
  point.tokens_per_s_per_accelerator = batch * output / all.base();  // of the replica so far
  return point;
}

Outcome judge(const ServingSubject& subject, const ServingTables& tables, const SearchSpace& space,
              const Deployment& deployment) {
  Outcome out;
  out.layout.deployment = deployment;
  if (const auto ok = can_serve(subject.model, subject.hardware, deployment); !ok) {
    out.reason = reason_of(ok.error());
    out.example = ok.error().what;
    return out;
  }
  const double length = space.input_tokens + space.output_tokens;
  SearchedLayout& layout = out.layout;
  layout.replicas = subject.accelerators / deployment.accelerators();
  layout.memory = model::memory_fit(subject.model, subject.hardware, deployment, tables.efficiency,
                                    space.input_tokens, length);
  layout.sequences_fit = sequences_that_fit(
      layout.memory, tables.efficiency.engine(deployment.engine), deployment, length);
  if (layout.sequences_fit < deployment.data) {
    out.reason = "memory";
    out.example = model::memory_shortage(layout.memory, deployment, length);
    return out;
  }
  const StepModel step{subject.model, subject.hardware, deployment, tables.efficiency};
  const Bytes sequence = model::kv_bytes_per_accelerator(subject.model, deployment, length);
  const Bytes fixed = layout.memory.weights + layout.memory.activations + layout.memory.reserve;
  const double scale = 1.0 * layout.replicas / subject.accelerators;
  for (double batch = deployment.data; batch <= layout.sequences_fit; batch *= 2) {
    SearchPoint point = point_of(step, space, batch);
    if (!std::isfinite((point.ttft + point.tpot).base())) {
      out.reason = "no time is known";
      out.example = layout_text(deployment) + ": a figure that it needs is unknown";
      break;
    }
    if (point.tokens_per_s_per_user < space.user_rate_min) break;  // and only slower from here
    point.tokens_per_s_per_accelerator *= scale;
    point.memory = fixed + sequence * (batch / deployment.data);
    out.points.push_back(point);
  }
  return out;
}

void count_rejection(ServingSearch& search, const Outcome& outcome) {
  const auto same = std::find_if(search.rejected.begin(), search.rejected.end(),
                                 [&](const auto& r) { return r.reason == outcome.reason; });
  if (same != search.rejected.end()) ++same->count;
  else search.rejected.push_back({outcome.reason, outcome.example, 1});
}

ServingSearch collected(std::vector<Outcome> outcomes) {
  ServingSearch search;
  search.candidates = outcomes.size();
  for (Outcome& outcome : outcomes) {
    if (!outcome.reason.empty()) {
      count_rejection(search, outcome);
      continue;
    }
    if (outcome.points.empty()) {
      ++search.too_slow;
      continue;
    }
    const auto index = static_cast<std::uint32_t>(search.layouts.size());
    search.layouts.push_back(std::move(outcome.layout));
    for (SearchPoint& point : outcome.points) {
      point.layout = index;
      search.points.push_back(point);
    }
  }
  search.considered = search.points.size();
  return search;
}

void mark_front(ServingSearch& search, bool keep_all) {
  std::vector<RatePair> rates;
  rates.reserve(search.points.size());
  for (const SearchPoint& p : search.points) {
    rates.push_back({p.tokens_per_s_per_user, p.tokens_per_s_per_accelerator});
  }
  const std::vector<bool> front = pareto_front(rates);
  for (std::size_t i = 0; i < front.size(); ++i) search.points[i].front = front[i];
  if (!keep_all) std::erase_if(search.points, [](const SearchPoint& p) { return !p.front; });
  std::stable_sort(search.points.begin(), search.points.end(), [](const auto& a, const auto& b) {
    if (a.tokens_per_s_per_user != b.tokens_per_s_per_user) {
      return a.tokens_per_s_per_user > b.tokens_per_s_per_user;
    }
    return a.tokens_per_s_per_accelerator > b.tokens_per_s_per_accelerator;
  });
}

// Bound, power and energy of a point that is kept: its two iterations operator by operator.
void add_details(const ServingSubject& subject, const ServingTables& tables,
                 const SearchSpace& space, const SearchedLayout& layout, SearchPoint& point) {
  const Deployment& d = layout.deployment;
  const double input = std::max(space.input_tokens, 1.0);
  const double output = std::max(space.output_tokens, 1.0);
  const StepModel step{subject.model, subject.hardware, d, tables.efficiency};
  const model::Iteration decode{.decode_sequences = point.batch,
                                .decode_context = input + output / 2};
  const model::Iteration prefill{.prefill_tokens = point.batch * input,
                                 .prefill_pieces = point.batch,
                                 .prefill_ends = point.batch};
  const model::Step decoded = step.step(decode), prefilled = step.step(prefill);
  point.bound = decoded.bound;
  const double tokens_max = tables.efficiency.engine(d.engine).tokens_max;
  const Seconds decoding = point.tpot * (output - 1);
  const Seconds all = point.ttft + decoding;
  const auto use = [&](const model::Step& s, const model::Iteration& it) {
    return board_use(subject.model, subject.hardware, d, s, it, tokens_max);
  };
  const auto power = phase_power(tables.power.family(subject.hardware.family), subject.hardware,
                                 use(prefilled, prefill), use(decoded, decode),
                                 {.prefill = point.ttft / all, .decode = decoding / all});
  if (!power) return;
  point.board = power->mean;
  const int serving = layout.replicas * d.accelerators();
  const Watts boards = power->mean * serving + power->idle * (subject.accelerators - serving);
  point.joules_per_token =
      boards.base() / (point.tokens_per_s_per_accelerator * subject.accelerators);
}

}  // namespace

std::vector<Format> search_formats(const catalog::LanguageModel& model,
                                   const model::Hardware& hardware) {
  // AMD multiplies MXFP4 blocks, not NVFP4 ones.
  const Format four = hardware.family.starts_with("cdna") ? Format::kMxfp4 : Format::kNvfp4;
  std::vector<Format> out{default_formats(model, hardware, {}).weights};
  const auto add = [&](Format format) {
    if (std::find(out.begin(), out.end(), format) == out.end()) out.push_back(format);
  };
  add(Format::kFp8);
  if (hardware.matrix_peak(four)) add(four);
  add(model.dtype == Format::kFp16 ? Format::kFp16 : Format::kBf16);
  return out;
}

std::vector<bool> pareto_front(std::span<const RatePair> rates) {
  std::vector<std::size_t> order(rates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (rates[a].x != rates[b].x) return rates[a].x > rates[b].x;
    if (rates[a].y != rates[b].y) return rates[a].y > rates[b].y;
    return a < b;
  });
  std::vector<bool> front(rates.size());
  double best = -1;
  for (const std::size_t i : order) {
    if (rates[i].y <= best) continue;
    front[i] = true;
    best = rates[i].y;
  }
  return front;
}

ServingSearch search_serving(const ServingSubject& subject, const ServingTables& tables,
                             const SearchSpace& space, int jobs) {
  ASSAY_ASSERT(subject.accelerators >= 1 && space.input_tokens >= 0 && space.output_tokens >= 1);
  std::vector<Deployment> candidates;
  const auto formats =
      space.weights.empty() ? search_formats(subject.model, subject.hardware) : space.weights;
  for (const Format weights : formats) {
    DeploymentWish wish;
    wish.weights = weights;
    wish.engine = space.engine;
    const auto some = layouts_of(subject, default_formats(subject.model, subject.hardware, wish));
    candidates.insert(candidates.end(), some.begin(), some.end());
  }
  std::vector<Outcome> outcomes(candidates.size());
  parallel_for(candidates.size(), jobs,
               [&](std::size_t i) { outcomes[i] = judge(subject, tables, space, candidates[i]); });
  ServingSearch search = collected(std::move(outcomes));
  mark_front(search, space.keep_all);
  parallel_for(search.points.size(), jobs, [&](std::size_t i) {
    SearchPoint& point = search.points[i];
    add_details(subject, tables, space, search.layouts[point.layout], point);
  });
  return search;
}

std::vector<ServingSearch> search_all(std::span<const ServingSubject> subjects,
                                      const ServingTables& tables, const SearchSpace& space,
                                      int jobs) {
  std::vector<ServingSearch> searches(subjects.size());
  parallel_for(subjects.size(), jobs,
               [&](std::size_t i) { searches[i] = search_serving(subjects[i], tables, space, 1); });
  return searches;
}

}  // namespace assay::search
