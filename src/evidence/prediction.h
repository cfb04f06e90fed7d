// prediction.h — what the models say of one published measurement, or why they say nothing.
// Plain values.
#pragma once

#include <string>
#include <string_view>

#include "base/interval.h"

namespace assay::evidence {

enum class Refusal : unsigned char {
  kNone,
  kUnresolved,  // a name that nobody knows, or one that stands for several things
  kImpossible,  // the measured value is beyond what the data sheet allows
  kUnmodelled,  // a class that is declared as not modelled
  kRefused,     // any other reason: does not fit, no such peak, …; counts as an error of 100 %
};
std::string_view name(Refusal refusal);  // "unresolved", …

struct Prediction {
  Refusal refusal{};
  std::string why;                          // of a refusal; empty otherwise
  double value{};                           // in the measurement's unit and scope
  double half_width_80{}, half_width_90{};  // on |log(measured/predicted)|
  std::string model_class;                  // "dense", "moe", "hybrid"
  std::string family;                       // accelerator family, "hopper"
  std::string engine;                       // engine generation, "vllm-0.10"
  std::string regime;                       // of the interval, "tpot moe"
  std::string layout;  // "tp8"; with " (assumed)" where the row does not state it
  bool layout_assumed{};
};

}  // namespace assay::evidence
