// SPDX-License-Identifier: Apache-2.0
//
// What a codec's test tells the suite, and what all parts of the suite use.
#pragma once

#include <atomic>
#include <thread>

#include <zeolite/testing/codec_bench.hpp>

/// Of the address sanitizer's library; null without it.
extern "C" __attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*,
                                                                                        std::size_t),
                                                                               void (*)(const volatile void*));

namespace zeolite::testing {

/// The largest piece of memory anybody asked for while this lived, on this thread: what a hostile value makes a codec
/// allocate. Only the address sanitizer can tell; without it, it is 0.
class LargestAllocation {
 public:
  LargestAllocation() {
    static const bool installed = __sanitizer_install_malloc_and_free_hooks != nullptr &&
                                  __sanitizer_install_malloc_and_free_hooks(&note, [](const volatile void*) {}) != 0;
    (void)installed;
    largest() = 0;
  }
  static std::size_t& largest() {
    static thread_local std::size_t value = 0;
    return value;
  }

 private:
  static void note(const volatile void*, std::size_t size) {
    if (size > largest()) largest() = size;
  }
};

struct CodecCase {
  std::string name;
  std::vector<std::string> configurations = {"{}"};  ///< each is put through everything
  std::vector<std::string> refused = {};             ///< configurations that are wrong
  /// Array codecs: the bench types (codec_bench.hpp) they are bound to.
  std::vector<std::string> types = {};
  /// Array codecs: the bench types that binding refuses.
  std::vector<std::string> refused_types = {};
  /// Array codecs: the shapes they are bound to.
  std::vector<Shape> shapes = {{}, {1}, {7}, {3, 5}, {2, 3, 4}, {1, 300, 1}, {33, 65}};
};

inline void require_types(const CodecCase& the_case) {
  if (!the_case.types.empty()) return;
  FAIL("the case of an array codec names the bench types to bind it to: .types = {\"int32\"}");
}

/// body(number) on eight threads at once.
template <class Body>
void in_threads(Body body) {
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < 8; ++number) threads.emplace_back(body, number);
  for (auto& thread : threads) thread.join();
}

/// A call whose result is no longer wanted.
class CancelledCall {
 public:
  CancelledCall() : abi_(*call_.abi()) { abi_.cancelled = &flag_; }
  operator const zeo_call*() const { return &abi_; }

 private:
  BenchCall call_;
  std::uint32_t flag_ = 1;
  zeo_call abi_;
};

/// Calls body(damaged, what) for values cut short, changed, prolonged, and made up.
template <class Body>
void for_each_damage(const Octets& value, std::mt19937_64& random, Body body) {
  const auto some = [&](std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random() % n); };
  for (std::size_t i = 0; i < 40 && i < value.size(); ++i) {
    const auto length = value.size() <= 40 ? i : i < 20 ? i : some(value.size());
    body(Octets(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(length)), "cut short");
  }
  for (std::size_t i = 0; i < 60 && !value.empty(); ++i) {
    auto changed = value;
    changed[i < 30 ? i % value.size() : some(value.size())] ^= static_cast<std::uint8_t>(1u << (random() % 8));
    body(changed, "one bit changed");
  }
  for (std::size_t i = 0; i < 20 && !value.empty(); ++i) {
    auto changed = value;
    const auto at = i < 10 ? i % value.size() : some(value.size());
    for (auto k = at; k < at + 8 && k < changed.size(); ++k) changed[k] = i % 2 == 0 ? 0xFF : 0;
    body(changed, "eight bytes changed");
  }
  for (const std::size_t extra : {1u, 4u, 100u}) {
    auto longer = value;
    const auto more = random_octets(extra, Content::random, random);
    longer.insert(longer.end(), more.begin(), more.end());
    body(longer, "prolonged");
  }
  for (std::size_t i = 0; i < 20; ++i) body(random_octets(some(200), Content::random, random), "made up");
}

}  // namespace zeolite::testing
