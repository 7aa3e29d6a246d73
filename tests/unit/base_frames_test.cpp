// SPDX-License-Identifier: Apache-2.0
//
// Memory for the frames of tasks.
#include <zeolite/testing/catch.hpp>

#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "base/frames.hpp"

using namespace zeolite;

TEST_CASE("frames are used again by those of about their size", "[engine]") {
  FrameShelf shelf;
  void* const frame = shelf.take(300);
  std::memset(frame, 1, 300);
  shelf.give_back(frame, 300);
  CHECK(shelf.kept_bytes() == 320);
  void* const smaller = shelf.take(200);
  CHECK(smaller != frame);
  // All that share a list are as large as the largest of them.
  void* const again = shelf.take(320);
  CHECK(again == frame);
  std::memset(again, 2, 320);
  CHECK(shelf.kept_bytes() == 0);
  shelf.give_back(smaller, 200);
  shelf.give_back(again, 320);
}

TEST_CASE("large frames are not kept, and a shelf that is full begins anew", "[engine]") {
  FrameShelf shelf;
  void* const large = shelf.take(FrameShelf::largest_bytes + 1);
  shelf.give_back(large, FrameShelf::largest_bytes + 1);
  CHECK(shelf.kept_bytes() == 0);
  std::vector<void*> frames;
  for (int i = 0; i < 300; ++i) frames.push_back(shelf.take(FrameShelf::largest_bytes));
  for (auto* const frame : frames) {
    shelf.give_back(frame, FrameShelf::largest_bytes);
    REQUIRE(shelf.kept_bytes() <= FrameShelf::most_bytes);
  }
  CHECK(shelf.kept_bytes() == (300 - 256) * FrameShelf::largest_bytes);
  // Others find room at once.
  shelf.give_back(FrameShelf::allocate(65), 65);
  CHECK(shelf.kept_bytes() == (300 - 256) * FrameShelf::largest_bytes + 128);
}

TEST_CASE("frames may end on other threads, and when their thread does", "[engine][threads]") {
  struct Frame {
    void* memory;
    std::size_t bytes;
  };
  std::vector<Frame> frames;
  std::thread([&] {
    std::mt19937 random(3);
    for (int i = 0; i < 1000; ++i) {
      const auto bytes = 1 + random() % 5000;
      frames.push_back({Frames::take(bytes), bytes});
      std::memset(frames.back().memory, i, bytes);
    }
  }).join();
  std::thread([&] {
    // Ended after the shelf of this thread, which is made by what follows.
    thread_local struct Last {
      std::vector<Frame> frames;
      ~Last() {
        for (const auto& frame : frames) Frames::give_back(frame.memory, frame.bytes);
        Frames::give_back(Frames::take(100), 100);
      }
    } last;
    for (std::size_t i = 0; i < 500; ++i) Frames::give_back(frames[i].memory, frames[i].bytes);
    last.frames.assign(frames.begin() + 500, frames.end());
  }).join();
}
