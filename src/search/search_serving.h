// search_serving.h — every way to serve a model on some accelerators at fixed batches: tensor ×
// pipeline × data × expert parallelism × weight format × batch, replicas filling what is there, and
// the Pareto front of tokens/s per accelerator against tokens/s per user.
// Exhaustive; parallel, with equal results for any number of jobs. A point is what
// predict_serving.h says of the same deployment and batch, without its intervals. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/quantity.h"
#include "catalog/format.h"
#include "model/deployment.h"
#include "model/inference_step.h"
#include "model/memory_fit.h"
#include "search/predict_serving.h"

namespace assay::search {

struct SearchSpace {
  std::vector<catalog::Format> weights;  // empty: search_formats()
  std::string engine{"vllm"};
  double input_tokens{}, output_tokens{};
  double user_rate_min{};  // tokens/s a user; slower points are left out
  bool keep_all{};         // all points, else those of the front
};

// As published, fp8, 4 bits where the hardware multiplies them, bf16: each once, in this order.
std::vector<catalog::Format> search_formats(const catalog::LanguageModel& model,
                                            const model::Hardware& hardware);

struct SearchedLayout {
  model::Deployment deployment;
  int replicas{};
  model::MemoryFit memory;
  double sequences_fit{};  // of one replica
};

struct SearchPoint {
  std::uint32_t layout{};  // index in ServingSearch::layouts
  double batch{};          // sequences of one replica
  double tokens_per_s_per_accelerator{}, tokens_per_s_per_user{};  // idle accelerators count
  Seconds ttft, tpot;
  Bytes memory;  // in use on each accelerator, the cache of the batch included
  bool front{};  // no other point is better in one rate and as good in the other
  // Unknown (0) where the board's limit is.
  Watts board;                // mean
  double joules_per_token{};  // all boards
  model::Bound bound{};       // of the decode iteration
};

struct SearchRejection {
  std::string reason;   // "heads do not divide", "memory", …
  std::string example;  // the first, with its figures
  int count{};
};

struct ServingSearch {
  std::vector<SearchedLayout> layouts;  // those that run and fit
  std::vector<SearchPoint> points;      // by falling tokens/s a user, then falling tokens/s
  std::vector<SearchRejection> rejected;
  std::size_t candidates{};  // layouts that were tried
  std::size_t considered{};  // points, also those that are not kept
  std::size_t too_slow{};    // layouts that never reach user_rate_min
};

ServingSearch search_serving(const ServingSubject& subject, const ServingTables& tables,
                             const SearchSpace& space, int jobs);

// The same for several subjects, one search each, in their order.
std::vector<ServingSearch> search_all(std::span<const ServingSubject> subjects,
                                      const ServingTables& tables, const SearchSpace& space,
                                      int jobs);

// Which of the rates (x, y), both better when larger, no other one dominates; of equal ones the
// first.
struct RatePair {
  double x{}, y{};
};
std::vector<bool> pareto_front(std::span<const RatePair> rates);

}  // namespace assay::search
