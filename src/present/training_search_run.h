// training_search_run.h — a search of training layouts with its progress on a terminal: the work on
// threads of its own, the line from the one that called. Computes no figure.
#pragma once

#include <functional>

#include "model/training_subject.h"
#include "present/commands.h"
#include "search/search_training.h"

namespace assay::present {

// What Megatron-LM's users choose among, with what else was asked for.
search::TrainingSpace training_space(const model::TrainingSubject& subject, int accelerators,
                                     bool offload, bool all_schedules);

search::TrainingSearch search_with_progress(const Context& context,
                                            const model::TrainingSubject& subject, int accelerators,
                                            const search::TrainingSpace& space,
                                            const search::TrainingSearchOptions& options);

// "of N layouts, none fits: …" with what binds and the nearest that would do; kInfeasible.
Error nothing_fits(const model::TrainingSubject& subject, const search::TrainingSearch& found,
                   int accelerators);

}  // namespace assay::present
