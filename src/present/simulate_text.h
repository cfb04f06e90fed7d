// simulate_text.h — a simulated fleet as text: latencies, rates, goals, pools, the state over time,
// and what it rests on; and the same as a flat table for other formats. Computes no figure.
#pragma once

#include <string>

#include "plan/simulation_answer.h"
#include "present/options.h"
#include "present/text_table.h"

namespace assay::present {

std::string simulate_text(const plan::Simulation& simulation, const plan::SimulationAnswer& answer,
                          const CommonOptions& common);

// A row a figure: name, value in base units of its name, unit.
TextTable simulated_figures(const plan::Simulation& simulation,
                            const plan::SimulationAnswer& answer);

// The plots of the state over time; empty where there are fewer than two samples.
std::string simulate_plots(const plan::SimulationAnswer& answer, const CommonOptions& common);

}  // namespace assay::present
