// training_search_test_support.h — training questions for the tests of this room: published models
// on real servers, and drawn small ones whose memory is scarce, so that some layouts fit and others
// do not. Constants are the built-in ones: tests state what holds whatever they are.
#pragma once

#include <string_view>
#include <utility>
#include <variant>

#include <rapidcheck.h>

#include "catalog/training_table.h"
#include "model/training_step.h"
#include "search/search_test_support.h"
#include "search/training_space.h"

namespace assay::search {

inline const catalog::TrainingTable& training_table() {
  static const auto loaded = catalog::load_training();
  ASSAY_ASSERT(loaded.has_value());
  return *loaded;
}

inline catalog::LanguageModel model_of(std::string_view id) {
  auto loaded = catalog::load_model(id);
  ASSAY_ASSERT(loaded.has_value());
  return *std::move(loaded);
}

// Owns what a subject refers to.
struct TrainingQuestion {
  catalog::LanguageModel model;
  model::Hardware hardware;
  model::TrainingJob job;
  int accelerators{1};

  model::TrainingSubject subject() const { return {model, hardware, training_table(), job}; }
};

inline TrainingQuestion gpt3_on_512_a100() {
  return {.model = model_of("gpt-3-175b"),
          .hardware = hardware_of("a100-sxm-80g", "hgx-a100"),
          .job = {.sequence = 2048, .batch = 512},
          .accelerators = 512};
}

inline TrainingQuestion llama_8b_on_16_h100() {
  return {.model = model_of("llama-3.1-8b"),
          .hardware = hardware_of("h100", "hgx-h100"),
          .job = {.sequence = 4096, .batch = 64},
          .accelerators = 16};
}

// A model cut to a few layers and heads, on hardware whose memory holds about one copy of it.
inline TrainingQuestion drawn_question() {
  const bool experts = *rc::gen::arbitrary<bool>();
  TrainingQuestion q = llama_8b_on_16_h100();
  if (experts) q.model = model_of("mixtral-8x7b");
  catalog::Block& block = q.model.blocks.front();
  block.count = *rc::gen::element(2, 4, 6, 10);
  q.model.blocks.resize(1);
  if (*rc::gen::arbitrary<bool>()) q.hardware = hardware_of("a100-sxm-80g", "hgx-a100");
  q.hardware.link.domain = *rc::gen::element(2, 4, 8);
  q.hardware.memory_usable = Bytes::from_base(1e9 * *rc::gen::inRange(3, 60));
  const auto& stacks = training_table().stacks;
  q.job.stack = stacks[*rc::gen::inRange<std::size_t>(0, stacks.size())].stack;
  q.job.sequence = *rc::gen::element(512, 1024, 3072);
  q.job.batch = *rc::gen::element(8, 12, 16, 30);
  q.accelerators = *rc::gen::element(1, 4, 6, 8, 16);
  return q;
}

// Some values of each dimension of the full space.
inline TrainingSpace drawn_space(const TrainingQuestion& q) {
  TrainingSpace space = full_space(q.subject(), q.accelerators);
  const auto thin = [](auto& values, std::size_t most) {
    while (values.size() > most) {
      const auto at = *rc::gen::inRange<std::size_t>(0, values.size());
      values.erase(values.begin() + static_cast<std::ptrdiff_t>(at));
    }
  };
  thin(space.tensor, 2);
  thin(space.context, 2);
  thin(space.pipeline, 3);
  thin(space.expert, 2);
  thin(space.expert_tensor, 2);
  thin(space.virtual_stages, 2);
  thin(space.micro_batch, 2);
  thin(space.schedules, 2);
  thin(space.sharding, 4);
  thin(space.recompute, 4);
  thin(space.offload, *rc::gen::element<std::size_t>(1, 3, 8));
  return space;
}

}  // namespace assay::search
