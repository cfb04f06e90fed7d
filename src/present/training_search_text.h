// training_search_text.h — what a search of training layouts found as text: the best layouts, the
// front, the counts, what was rejected; of several counts of accelerators a row each. Computes no
// figure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "present/options.h"
#include "present/text_table.h"
#include "present/training_inputs.h"
#include "search/training_sweep.h"

namespace assay::present {

struct TrainingSearchAnswer {
  search::TrainingSweep sweep;  // of one point, or of several
  std::size_t chosen{};         // of its points: the one that the details are of
  std::string why;              // it was chosen
  // The best layouts of the chosen point, with all figures; empty: none fits.
  std::vector<search::PredictedTraining> top;
  std::optional<search::PredictedTraining> leanest;  // where none fits, with what would
  std::string launch;                                // empty: not asked for

  const search::SweepPoint& point() const { return sweep.points[chosen]; }
};

TextTable training_search_table(const TrainingSearchAnswer& answer);
TextTable training_sweep_table(const TrainingSearchAnswer& answer);

// "1,204,224 layouts: 3,012 evaluated (2,800 fit, …), …".
std::string training_counts(const search::TrainingSearch& search);

std::string search_training_text(const TrainingInputs& inputs, const TrainingSearchAnswer& answer,
                                 const SearchTrainingOptions& options, const CommonOptions& common);

}  // namespace assay::present
