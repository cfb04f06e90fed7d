// failure_test_support.h — a training run played out failure by failure, to test the closed forms
// of goodput.h and training_run.h against. It knows none of them: it keeps a clock, the work that
// is safe, and the servers in repair. Seeded.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/random.h"
#include "model/goodput.h"

namespace assay::model::test {

struct PlayedRun {
  double wall{}, checkpoint{}, lost{}, restart{}, repair{};
  double failures{};
};

class RunPlayer {
 public:
  RunPlayer(const GoodputInputs& inputs, std::uint64_t seed, std::uint64_t stream)
      : in_{inputs}, draws_{seed, stream}, fails_in_{exponential(inputs.mtbf.base())} {}

  // Trains `segments` times `interval`, each followed by a checkpoint, until the last one is safe.
  PlayedRun play(int segments, double interval) {
    const double stall = in_.stall.base();
    int done = 0, safe = 0;  // segments
    while (safe < segments) {
      const bool passed = train(safe, done, segments, interval);
      if (passed) continue;
      done = safe;
      writing_ = 0;
      restart();
    }
    run_.checkpoint = segments * stall;
    run_.lost = run_.wall - segments * (interval + stall) - run_.restart - run_.repair;
    return run_;
  }

 private:
  double exponential(double mean) { return mean * draws_.exponential(next_++); }

  // One segment and the begin of its checkpoint; meanwhile the one before becomes safe. False: it
  // failed.
  bool train(int& safe, int& done, int segments, double interval) {
    double left = done < segments ? interval + in_.stall.base() : writing_;
    if (writing_ > 0) {
      const double first = std::min(left, writing_);
      if (!runs(first)) return false;
      left -= first;
      writing_ = 0;  // as long as a segment at most
      safe = done;
    }
    if (!runs(left)) return false;
    if (done < segments) ++done;
    writing_ = in_.write.base() - in_.stall.base();
    if (writing_ <= 0) safe = done;
    return true;
  }

  // Advances by at most `time`; false: a failure cut it short.
  bool runs(double time) {
    const bool passes = time < fails_in_;
    const double ran = std::min(time, fails_in_);
    run_.wall += ran;
    fails_in_ -= ran;
    if (passes) return true;
    fails_in_ = exponential(in_.mtbf.base());
    ++run_.failures;
    return false;
  }

  // Of the failure that was just met.
  void restart() {
    do {
      wait_for_repair();
      const double before = run_.wall;
      const bool done = runs(in_.restart.base());
      run_.restart += run_.wall - before;
      if (done) return;
    } while (true);
  }

  void wait_for_repair() {
    if (draws_.uniform(next_++) >= in_.hardware_share || !in_.spares) return;
    back_at_.push_back(run_.wall + exponential(in_.repair.base()));
    std::sort(back_at_.begin(), back_at_.end());
    const auto now = std::upper_bound(back_at_.begin(), back_at_.end(), run_.wall);
    back_at_.erase(back_at_.begin(), now);
    if (static_cast<int>(back_at_.size()) <= *in_.spares) return;
    run_.repair += back_at_.front() - run_.wall;
    run_.wall = back_at_.front();
  }

  GoodputInputs in_;
  RandomStream draws_;
  std::uint64_t next_{};
  double fails_in_{};
  double writing_{};  // beside the training, until the last checkpoint is safe
  std::vector<double> back_at_;
  PlayedRun run_;
};

struct PlayedMoments {
  double mean{}, deviation{};
  std::vector<double> walls;
};

inline PlayedMoments play_often(const GoodputInputs& in, int segments, double interval, int runs) {
  PlayedMoments out;
  double sum = 0, squares = 0;
  for (int r = 0; r < runs; ++r) {
    RunPlayer player{in, 7, static_cast<std::uint64_t>(r)};
    out.walls.push_back(player.play(segments, interval).wall);
    sum += out.walls.back();
    squares += out.walls.back() * out.walls.back();
  }
  out.mean = sum / runs;
  out.deviation = std::sqrt(std::max(0.0, squares / runs - out.mean * out.mean));
  return out;
}

}  // namespace assay::model::test
