#include "evidence/training_configuration.h"

#include <map>
#include <tuple>
#include <utility>

#include "base/assert.h"

namespace assay::evidence {
namespace {

TrainingMeasurement without_outcome(const TrainingMeasurement& row, const TrainingCase& resolved) {
  TrainingMeasurement m = row;
  m.id.clear();
  m.date.clear();
  m.where = {};
  m.value = 0;
  m.gigaflops_per_token.reset();
  m.tokens_per_s.reset();
  m.teraflops.reset();
  m.notes.memory_used.reset();
  m.notes.suspect = false;
  if (resolved) m.framework = resolved->stack;
  return m;
}

}  // namespace

std::vector<std::size_t> training_configurations(std::span<const TrainingMeasurement> rows,
                                                 std::span<const TrainingCase> cases) {
  ASSAY_ASSERT(rows.size() == cases.size());
  using Key = std::tuple<std::string, std::string, std::string>;
  std::map<Key, std::vector<std::pair<TrainingMeasurement, std::size_t>>> known;
  std::vector<std::size_t> numbers;
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    TrainingMeasurement plain = without_outcome(rows[i], cases[i]);
    auto& alike = known[{plain.source, plain.accelerator, plain.model}];
    std::size_t number = count;
    for (const auto& [other, its_number] : alike) {
      if (other == plain) number = its_number;
    }
    if (number == count) alike.emplace_back(std::move(plain), count++);
    numbers.push_back(number);
  }
  return numbers;
}

bool tells(const TrainingMeasurement& row, const TrainingCase& resolved) {
  return resolved && !row.notes.suspect && !resolved->suspect;
}

}  // namespace assay::evidence
