// training_text.h — a predicted training step and run as text: figures with their intervals, memory
// by part, time by cause. Computes no figure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/training_subject.h"
#include "present/options.h"
#include "present/text_table.h"
#include "present/training_inputs.h"
#include "present/training_options.h"
#include "search/predict_training.h"

namespace assay::present {

// One layout of several, with its figures or with what binds.
struct LayoutAnswer {
  std::string layout;
  Result<search::PredictedTraining> predicted;
};

TextTable training_figures(const search::PredictedTraining& predicted,
                           const TrainingQuestion& question);
TextTable training_layouts(std::span<const LayoutAnswer> answers);

// Bars; empty where there is nothing to show.
std::string memory_text(const search::PredictedTraining& predicted, const CommonOptions& common);
std::string waterfall_text(const search::PredictedTraining& predicted, const CommonOptions& common);
std::string fixes_text(const search::PredictedTraining& predicted);

// What the figures rest on: assumptions, provenance; with `explain` the catalog's figures.
std::string training_rests_on(const model::TrainingSubject& subject,
                              const search::TrainingSite& site, const TrainingQuestion& question,
                              bool explain);

// The whole answer for one layout.
std::string predict_training_text(const TrainingInputs& inputs,
                                  const search::PredictedTraining& predicted,
                                  const TrainingQuestion& question, const CommonOptions& common);

// "8 of 10 fit", wrapped to the terminal.
std::string wrapped_line(std::string_view text);
std::string rendered_table(const TextTable& table, const CommonOptions& common);

}  // namespace assay::present
