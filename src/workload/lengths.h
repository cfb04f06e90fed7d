// lengths.h — how long synthetic prompts and answers are, and what they share.
// Request number i gets the same lengths whatever was drawn before. Whole tokens >= 1.
// Pure after construction; may be shared by threads.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "workload/traffic_spec.h"

namespace assay::workload {

// What is wrong with the distribution of lengths that messages call `name`.
Errors check_lengths(const char* name, const LengthDistribution& lengths);
Errors check_prefix(const PrefixGroups& prefix);

class Lengths {
 public:
  // Requires that check_lengths finds nothing.
  Lengths(const LengthDistribution& lengths, std::uint64_t seed, std::uint64_t stream);
  std::int32_t at(std::uint64_t number) const;

 private:
  RandomStream draws_;
  LengthDistribution lengths_;
  double location_{}, scale_{};  // of the logarithm; or the lowest and how many there are
};

// Which shared text request number i begins with: 0 to groups − 1.
class GroupChoice {
 public:
  GroupChoice(const PrefixGroups& prefix, std::uint64_t seed);
  std::uint64_t at(std::uint64_t number) const;

 private:
  RandomStream draws_;
  std::uint64_t groups_;
  std::vector<double> cumulative_;  // of Zipf's weights; none: all alike
};

}  // namespace assay::workload
