#include "present/training_inputs.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "catalog/model_library.h"
#include "plan/compare.h"

namespace assay::present {
namespace {

constexpr int kServer = 8;

template <class T>
void take(Checked<T> read, T& into, Errors& errors) {
  if (read) into = std::move(*read);
  else errors.insert(errors.end(), read.error().begin(), read.error().end());
}

// Many accelerators stand in many systems: the server of eight where there is one, else the first
// whose network is known, else the first.
const catalog::System* building_block(const catalog::Catalog& catalog,
                                      const plan::CompareSubject& subject) {
  if (subject.system != nullptr) return subject.system;
  const catalog::System* first = nullptr;
  const catalog::System* networked = nullptr;
  for (const catalog::System& system : catalog.systems) {
    if (system.accelerator != subject.accelerator->id) continue;
    const bool known = system.scale_out_bandwidth.value().has_value();
    if (system.accelerators == kServer && known) return &system;
    if (first == nullptr) first = &system;
    if (networked == nullptr && known) networked = &system;
  }
  return networked != nullptr ? networked : first;
}

void check_stack(const catalog::TrainingTable& table, const std::string& stack, Errors& errors) {
  if (table.stacks.empty() || table.knows_stack(stack)) return;
  std::vector<std::string> known;
  for (const catalog::TrainingStack& s : table.stacks) {
    if (s.stack == "unknown") continue;
    known.push_back(s.stack);
    known.insert(known.end(), s.aliases.begin(), s.aliases.end());
  }
  errors.push_back({.what = fmt::format("unknown stack '{}'", excerpt(stack)),
                    .expected = one_of(known),
                    .near = nearest(stack, known, 1),
                    .where = {}});
}

}  // namespace

Checked<TrainingInputs> read_training_inputs(const catalog::Catalog& catalog,
                                             const TrainingQuestion& question) {
  TrainingInputs inputs;
  Errors errors;
  std::vector<plan::CompareSubject> subjects;
  take(plan::read_subjects(catalog, {question.accelerator}), subjects, errors);
  take(catalog::load_model(question.model), inputs.model, errors);
  take(catalog::load_training(), inputs.table, errors);
  take(catalog::load_power(), inputs.power, errors);
  check_stack(inputs.table, question.job.stack, errors);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  const plan::CompareSubject& subject = subjects.front();
  inputs.system = building_block(catalog, subject);
  inputs.accelerators = subject.count;
  inputs.title = subject.accelerator->id;
  auto hardware = model::resolve_hardware(catalog, *subject.accelerator, inputs.system);
  if (!hardware) return tl::unexpected(Errors{hardware.error()});
  inputs.hardware = std::move(*hardware);
  return inputs;
}

std::string training_title(const TrainingInputs& inputs, int accelerators) {
  return fmt::format("{} on {} × {}{}", inputs.model.id, grouped_text(accelerators), inputs.title,
                     inputs.system != nullptr ? fmt::format(" ({})", inputs.system->id) : "");
}

std::string training_job_text(const model::TrainingJob& job) {
  std::string text = fmt::format("{} sequences of {} tokens · {} · {}", grouped_text(job.batch),
                                 grouped_text(job.sequence), model::name(job.format), job.stack);
  if (job.in_network_reduction) text += " · in-network reduction";
  if (job.lora_rank > 0) text += fmt::format(" · adapters of rank {}", job.lora_rank);
  return text;
}

}  // namespace assay::present
