// training_layout.h — the batch and the layout of a training measurement, as far as its row, the
// run's published configuration and the habits of its framework give them. What is not the row's
// own is added to the assumptions. Pure.
#pragma once

#include <string>
#include <vector>

#include "evidence/training_names.h"
#include "evidence/training_resolve.h"

namespace assay::evidence {

struct LayoutQuestion {
  const TrainingNames& names;
  const TrainingMeasurement& row;
  const FrameworkRule& framework;
  const std::vector<const RunDefault*>& defaults;
  SharedRanks sharing;             // of the cell, or of the framework
  const RecomputeName& recompute;  // of the cell, or none
};

// Fills batch, layout and what a search for one has to keep; `resolved` has its model, hardware,
// sequence and accelerators.
void read_layout(const LayoutQuestion& question, ResolvedTraining& resolved,
                 std::vector<std::string>& assumed);

// The first of the defaults that fills a field; 0: none does.
int default_of(const std::vector<const RunDefault*>& defaults, int RunDefault::*field);

}  // namespace assay::evidence
