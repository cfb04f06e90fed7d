// parallel.h — runs independent pieces of work on several threads.
// Results go to the caller's slots; reduced in their order, they do not depend on `jobs`.
// `body` must not touch what another index writes. An exception of a body leaves through the call.
// Threads: one arena a call; nothing survives it. The only file of the project that meets TBB.
#pragma once

#include <cstddef>
#include <functional>

namespace assay {

// How many threads: as many as asked, or one a core where that is 0.
int jobs_or_cores(int asked);

// body(0) … body(count - 1), on at most `jobs` threads and at most one a core, in any order;
// jobs = 1: here, in order.
void parallel_for(std::size_t count, int jobs, const std::function<void(std::size_t)>& body);

}  // namespace assay
