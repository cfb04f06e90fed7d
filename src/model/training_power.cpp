#include "model/training_power.h"

#include <algorithm>

#include "base/assert.h"

namespace assay::model {

namespace {

FlopsPerSecond sixteen_peak(const Hardware& hardware) {
  const auto peak = hardware.matrix_peak(catalog::Format::kBf16);
  ASSAY_ASSERT(peak.has_value());  // resolve_hardware() refuses what lacks it
  return *peak;
}

catalog::Format multiplied(TrainingFormat format) {
  switch (format) {
    case TrainingFormat::kSixteen:
      return catalog::Format::kBf16;
    case TrainingFormat::kFp8:
    case TrainingFormat::kFp8Row:
    case TrainingFormat::kFp8Block:
    case TrainingFormat::kMxfp8:
      return catalog::Format::kFp8;
    case TrainingFormat::kNvfp4:
      return catalog::Format::kNvfp4;
  }
  return catalog::Format::kBf16;
}

}  // namespace

FlopsPerSecond training_peak(const Hardware& hardware, TrainingFormat format) {
  const auto peak = hardware.matrix_peak(multiplied(format));
  return peak ? *peak : sixteen_peak(hardware);
}

BoardUse training_use(const StepTime& time, const TrainingWork& work, const Hardware& hardware,
                      TrainingFormat format) {
  ASSAY_ASSERT(time.total > 0);
  ASSAY_ASSERT(work.layers >= Flops{} && work.sixteen >= Flops{} && work.bytes >= Bytes{});
  const Seconds total = Seconds::from_base(time.total);
  const double waits = time.tensor + time.context + time.expert + time.pipeline + time.data +
                       time.bubble + time.offload + time.host;
  return {.compute = work.layers / training_peak(hardware, format) / total +
                     work.sixteen / sixteen_peak(hardware) / total,
          .memory = work.bytes / hardware.memory_bandwidth / total,
          .overhead = std::clamp(waits / time.total, 0.0, 1.0)};
}

std::optional<Watts> training_power(const StepTime& time, const TrainingWork& work,
                                    const Hardware& hardware, TrainingFormat format,
                                    const catalog::PowerTable& table) {
  if (!hardware.power) return std::nullopt;
  const BoardUse use = training_use(time, work, hardware, format);
  return *hardware.power * board_share(table.family(hardware.family), use);
}

}  // namespace assay::model
