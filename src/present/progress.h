// progress.h — one line on a terminal's stderr while an answer takes its time: what, and how far.
// Silent unless the stream is a terminal, and for the first 500 ms; wiped before the answer.
// The clock comes in. One thread calls it.
#pragma once

#include <functional>
#include <iosfwd>
#include <string_view>

namespace assay::present {

class Progress {
 public:
  // `seconds` is a clock that never goes back; `shown` says whether `err` is a terminal.
  Progress(std::ostream& err, bool shown, std::function<double()> seconds);
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // "simulated 41/120 candidates · 12 pruned"; printed at most ten times a second.
  void update(std::string_view line);
  // Wipes the line. Later updates print again.
  void finish();

 private:
  std::ostream& err_;
  bool shown_;
  std::function<double()> seconds_;
  double next_{};        // when the next line may be printed
  bool visible_{};
};

}  // namespace assay::present
