// iteration_profile.h — what the iterations of a run carried, by their size: enough for energy, and
// for the shares of prompts and decoding, without keeping the iterations. Sizes in quarters of an
// octave; sums in seconds and tokens. Plain values.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace assay::simulate {

// Iterations of about one size, added up.
struct IterationSums {
  double seconds{}, iterations{};
  double prefill_tokens{}, prefill_pieces{}, prefill_before{}, prefill_ends{};
  double decode_sequences{}, decode_context{};  // the latter: over all sequences
};

struct IterationProfile {
  static constexpr std::size_t kSizes = 128;     // up to 2^32 tokens
  std::array<IterationSums, kSizes> decoding{};  // only decoding, by sequences
  std::array<IterationSums, kSizes> prompts{};   // with prompt tokens, by all tokens

  static std::size_t size_of(double tokens) {
    // Exponent and the first two bits behind the point of a number >= 1.
    const auto bits = std::bit_cast<std::uint64_t>(tokens) >> 50;
    constexpr std::uint64_t kOne = std::bit_cast<std::uint64_t>(1.0) >> 50;
    return bits - kOne < kSizes ? static_cast<std::size_t>(bits - kOne) : kSizes - 1;
  }
};

inline void add(IterationSums& to, const IterationSums& sums) {
  to.seconds += sums.seconds;
  to.iterations += sums.iterations;
  to.prefill_tokens += sums.prefill_tokens;
  to.prefill_pieces += sums.prefill_pieces;
  to.prefill_before += sums.prefill_before;
  to.prefill_ends += sums.prefill_ends;
  to.decode_sequences += sums.decode_sequences;
  to.decode_context += sums.decode_context;
}

// Of an iteration that does not end: what it carried counts as its time does.
inline IterationSums part_of(IterationSums sums, double share) {
  for (double IterationSums::*member :
       {&IterationSums::iterations, &IterationSums::prefill_tokens, &IterationSums::prefill_pieces,
        &IterationSums::prefill_before, &IterationSums::prefill_ends,
        &IterationSums::decode_sequences, &IterationSums::decode_context}) {
    sums.*member *= share;
  }
  return sums;
}

}  // namespace assay::simulate
