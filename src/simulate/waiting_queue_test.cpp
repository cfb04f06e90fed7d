#include "simulate/waiting_queue.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace assay::simulate {
namespace {

Slot waiting(Requests& requests, std::int32_t priority = 0) {
  const Slot slot = requests.add();
  requests[slot].priority = priority;
  requests[slot].stage = Stage::kWaiting;
  return slot;
}

std::vector<Slot> drain(WaitingQueue& queue, const Requests& requests) {
  std::vector<Slot> order;
  queue.each(requests, [&](Slot slot) { order.push_back(slot); });
  for (const Slot slot : order) {
    EXPECT_EQ(queue.front(requests), slot);
    queue.pop_front(requests);
  }
  EXPECT_TRUE(queue.empty());
  return order;
}

TEST(WaitingQueue, KeepsTheOrderOfArrivalWithoutPriorities) {
  Requests requests;
  WaitingQueue queue{false};
  const Slot a = waiting(requests, 3), b = waiting(requests, 1), c = waiting(requests, 2);
  queue.push_back(requests, a);
  queue.push_back(requests, b);
  queue.push_front(requests, c);
  EXPECT_EQ(queue.size(), 3);
  EXPECT_EQ(drain(queue, requests), (std::vector{c, a, b}));
}

TEST(WaitingQueue, TakesTheLowestPriorityFirstAndWithinOneTheFront) {
  Requests requests;
  WaitingQueue queue{true};
  const Slot a = waiting(requests, 2), b = waiting(requests, -1), c = waiting(requests, 2),
             d = waiting(requests, 2), e = waiting(requests, 0);
  for (const Slot slot : {a, b, c}) queue.push_back(requests, slot);
  queue.push_front(requests, d);
  queue.push_back(requests, e);
  EXPECT_EQ(drain(queue, requests), (std::vector{b, e, d, a, c}));
}

TEST(WaitingQueue, SkipsWhoHasLeft) {
  Requests requests;
  WaitingQueue queue{true};
  const Slot a = waiting(requests, 0), b = waiting(requests, 1), c = waiting(requests, 1);
  for (const Slot slot : {a, b, c}) queue.push_back(requests, slot);
  requests[a].stage = Stage::kOutside;
  queue.left();
  ++requests[b].generation;  // its slot is another's
  queue.left();
  EXPECT_EQ(queue.size(), 1);
  EXPECT_EQ(queue.front(requests), c);
  EXPECT_EQ(drain(queue, requests), (std::vector{c}));
  const Slot d = waiting(requests, 5);
  queue.push_back(requests, d);
  EXPECT_EQ(queue.front(requests), d);
  queue.clear();
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace assay::simulate
