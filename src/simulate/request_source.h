// request_source.h — the requests of a run in the order of their arrival: when they come and how
// long they are. Nothing is stored for those that wait: lengths and gaps are drawn by number.
// Deterministic from the load's seed. Time in seconds from the start of the run.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "simulate/random.h"
#include "simulate/replica_run.h"

namespace assay::simulate {

// Lengths of request `number`, whole and >= 1, uniform in mean·(1 ± spread).
class RequestLengths {
 public:
  explicit RequestLengths(const ReplicaLoad& load);
  double input(std::int64_t number) const { return input_.at(number); }
  double output(std::int64_t number) const { return output_.at(number); }
  double input_max() const { return input_.rounded(1); }
  double output_max() const { return output_.rounded(1); }
  bool all_equal() const { return all_equal_; }

 private:
  struct Uniform {
    RandomStream draws;
    double low{}, width{};
    double rounded(double share) const;
    double at(std::int64_t number) const;
  };
  Uniform input_, output_;
  bool all_equal_{};
};

// The requests that the engine has not taken yet, first come first served.
class RequestSource {
 public:
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  explicit RequestSource(const ReplicaLoad& load);

  double arrival() const { return arrival_; }      // of the next; kNever: none has been sent
  std::int64_t count() const { return count_; }    // that came with it and are as long as it
  std::int64_t number() const { return number_; }  // of the next, from 0
  double input() const { return input_; }
  double output() const { return output_; }
  double first_arrival() const { return first_arrival_; }
  const RequestLengths& lengths() const { return lengths_; }

  void take(std::int64_t taken);  // 1 <= taken <= count()
  // A closed loop sends as many as have completed.
  void completed(std::int64_t requests, double now);

 private:
  struct Burst {
    double arrival{};
    std::int64_t count{};
  };
  void look_ahead();  // at request number_

  RequestLengths lengths_;
  RandomStream gaps_;
  Arrivals arrivals_;
  double rate_{};
  std::int64_t requests_{}, number_{}, sent_{};  // sent_: the first ones, of a closed loop
  std::vector<Burst> bursts_;                    // a ring: of a closed loop, not taken yet
  std::size_t burst_{}, bursts_waiting_{};
  double arrival_{kNever}, first_arrival_{}, input_{}, output_{};
  std::int64_t count_{};
};

}  // namespace assay::simulate
