#include "base/parallel.h"

#include <algorithm>

#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "base/assert.h"

namespace assay {

int jobs_or_cores(int asked) {
  return asked > 0 ? asked : std::max(1, tbb::info::default_concurrency());
}

void parallel_for(std::size_t count, int jobs, const std::function<void(std::size_t)>& body) {
  ASSAY_ASSERT(jobs >= 1);
  if (jobs == 1 || count <= 1) {
    for (std::size_t i = 0; i < count; ++i) body(i);
    return;
  }
  // More threads than cores gain nothing, and make TBB warn on standard error.
  tbb::task_arena arena{std::min(jobs, tbb::info::default_concurrency())};
  arena.execute([&] { tbb::parallel_for(std::size_t{0}, count, body); });
}

}  // namespace assay
