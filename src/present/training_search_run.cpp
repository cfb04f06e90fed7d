#include "present/training_search_run.h"

#include <chrono>
#include <future>

#include <fmt/format.h>

#include "base/infeasible.h"
#include "base/text.h"
#include "base/unit_text.h"
#include "present/progress.h"
#include "present/training_search_text.h"
#include "search/training_waterfall.h"

namespace assay::present {
namespace {

constexpr std::chrono::milliseconds kLook{100};

std::string fix_text(const model::TrainingFix& fix) {
  return fmt::format("{} ({} a step: {})", fix.change,
                     to_text(Seconds::from_base(fix.step.time.total), 3), to_text(fix.layout));
}

}  // namespace

search::TrainingSpace training_space(const model::TrainingSubject& subject, int accelerators,
                                     bool offload, bool all_schedules) {
  search::TrainingSpace space = search::megatron_space(subject, accelerators);
  if (all_schedules) {
    space.schedules = {model::Schedule::kOneForwardOneBackward, model::Schedule::kZeroBubble,
                       model::Schedule::kDualPipe};
  }
  if (offload) {
    space.offload.clear();
    for (const bool weights : {false, true}) {
      for (const bool activations : {false, true}) {
        for (const bool optimizer : {false, true}) {
          space.offload.push_back({weights, activations, optimizer});
        }
      }
    }
  }
  return space;
}

search::TrainingSearch search_with_progress(const Context& context,
                                            const model::TrainingSubject& subject, int accelerators,
                                            const search::TrainingSpace& space,
                                            const search::TrainingSearchOptions& options) {
  if (!context.streams.err_is_tty || !context.seconds) {
    return search_training(subject, accelerators, space, options);
  }
  Progress progress{context.streams.err, true, context.seconds};
  auto search = std::async(std::launch::async,
                           [&] { return search_training(subject, accelerators, space, options); });
  const std::string line =
      fmt::format("searching {} layouts of {} accelerators",
                  grouped_text(static_cast<double>(count_layouts(space, accelerators))),
                  grouped_text(accelerators));
  while (search.wait_for(kLook) != std::future_status::ready) progress.update(line);
  return search.get();
}

Error nothing_fits(const model::TrainingSubject& subject, const search::TrainingSearch& found,
                   int accelerators) {
  Error error = infeasible(fmt::format("no layout of {} accelerators fits: {}",
                                       grouped_text(accelerators), training_counts(found)));
  if (!found.leanest) {
    if (!found.rejected.empty()) {
      error.what += fmt::format("; the most frequent reason: {}", found.rejected.front().example);
    }
    return error;
  }
  error.what += fmt::format(
      "; the leanest, {}, {}", to_text(found.leanest->layout),
      model::training_shortage(found.leanest->step.memory, subject.hardware.memory_usable));
  const auto fixes = search::fixes_of(subject, found.leanest->layout);
  if (!fixes.empty()) error.expected = fix_text(fixes.front());
  return error;
}

}  // namespace assay::present
