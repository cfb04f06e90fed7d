#include "present/progress.h"

#include <ostream>
#include <utility>

#include "base/assert.h"
#include "present/text_table.h"

namespace assay::present {
namespace {

constexpr double kDelay = 0.5;   // seconds before the first line
constexpr double kPeriod = 0.1;  // seconds between lines
constexpr std::size_t kWidth = 79;

}  // namespace

Progress::Progress(std::ostream& err, bool shown, std::function<double()> seconds)
    : err_{err}, shown_{shown}, seconds_{std::move(seconds)} {
  ASSAY_ASSERT(!shown_ || seconds_);
  if (shown_) next_ = seconds_() + kDelay;
}

void Progress::update(std::string_view line) {
  if (!shown_) return;
  const double now = seconds_();
  if (now < next_) return;
  next_ = now + kPeriod;
  visible_ = true;
  err_ << "\r\x1b[K" << wrapped(line, kWidth).front() << std::flush;
}

void Progress::finish() {
  if (visible_) err_ << "\r\x1b[K" << std::flush;
  visible_ = false;
}

}  // namespace assay::present
