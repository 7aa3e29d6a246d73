// SPDX-License-Identifier: Apache-2.0
//
// What the tests of bad input share: stores in memory, errors that must name where, folders, child processes with other
// rights and limits.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <zeolite/testing/catch.hpp>
#include <zeolite/testing/folder.hpp>
#include <zeolite/zeolite.hpp>

namespace zeolite::test {

using Parts = std::vector<std::string>;

/// A context with this many helpers, which lets nobody allocate more than `max_chunk_bytes` at once.
inline Context make_context(unsigned threads, std::uint64_t max_chunk_bytes = std::uint64_t{4} << 30) {
  ContextOptions options;
  options.threads = threads;
  options.max_chunk_bytes = max_chunk_bytes;
  return Context(options);
}

inline const Context& shared_context() {
  static const Context context = make_context(2);
  return context;
}

inline Store new_store() { return Store::open(shared_context(), "memory:"); }

inline void put(const Store& store, std::string_view key, std::string_view text) {
  store.set(key, std::as_bytes(std::span(text)));
}

inline std::string get(const Store& store, std::string_view key) {
  const auto value = store.get(key);
  return value ? std::string(reinterpret_cast<const char*>(value->data()), value->size()) : "(nothing)";
}

inline std::vector<std::string> keys_of(const Store& store) {
  std::vector<std::string> keys;
  store.list("", false, [&](const StoreEntry& entry) { keys.push_back(entry.key); });
  std::sort(keys.begin(), keys.end());
  return keys;
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The error of an action; nothing when it succeeds. Any other exception fails the test by going through.
template <class Action>
std::optional<Error> error_of(Action&& action) {
  try {
    action();
    return std::nullopt;
  } catch (const Error& error) {
    CHECK_FALSE(error.message().empty());
    return error;
  }
}

/// The action fails, and the error with its frames says all of these.
template <class Action>
void check_refused(Action&& action, const Parts& parts) {
  const auto error = error_of(action);
  if (!error) {
    CHECK(error.has_value());
    return;
  }
  const std::string what = error->what();
  for (const auto& part : parts) {
    CAPTURE(what, part);
    CHECK(contains(what, part));
  }
}

/// Numbers that are the same in every run and with every library.
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : engine_() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class List>
  const auto& one_of(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::mt19937_64 engine_;
};

/// A few of: flipped bits, other bytes, cuts, insertions, doubled and swapped runs. `words` are inserted now and then.
inline std::string mutate(Random& random, std::string text, const std::vector<std::string>& words = {}) {
  const auto rounds = 1 + random.below(4);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const auto at = random.below(text.size() + 1);
    const auto length = std::min<std::uint64_t>(random.below(random.chance(80) ? 8 : 400), text.size() - at);
    switch (random.below(8)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
        break;
      case 1:
        if (at < text.size()) text[at] = static_cast<char>(random.below(256));
        break;
      case 2: text.erase(at, length); break;
      case 3: text.resize(at); break;
      case 4: text.insert(at, text.substr(random.below(text.size() + 1), random.below(20))); break;
      case 5: text.insert(at, std::string(random.below(20), static_cast<char>(random.below(256)))); break;
      case 6: text.replace(at, length, std::string(length, random.chance(50) ? '\0' : '\xff')); break;
      default: text.insert(at, words.empty() ? std::string(1, '\0') : random.one_of(words));
    }
  }
  return text;
}

class Folder : public testing::TemporaryFolder {
 public:
  std::string location(std::string_view name) const { return "file://" + (*this / name).string(); }

  /// All files below a folder, relative to it.
  Parts files(std::string_view name) const {
    Parts found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(*this / name)) {
      if (!entry.is_directory()) found.push_back(entry.path().lexically_relative(*this / name).string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
};

/// Says that the system does not let a child process give up rights or take limits.
inline constexpr int skipped = 77;

/// Runs `body` in a child process, whose rights and limits may thus be changed. What `body` returns is "" when all is
/// well, else what went wrong; a child that dies says by which signal.
inline std::string in_child(const std::function<std::string()>& body) {
  int channel[2];
  if (::pipe(channel) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string said;
    try {
      said = body();
    } catch (const std::exception& exception) {
      said = std::string("threw: ") + exception.what();
    }
    const auto written = ::write(channel[1], said.data(), std::min<std::size_t>(said.size(), 4096));
    ::_exit(written < 0 ? 1 : 0);
  }
  ::close(channel[1]);
  std::string said(4096, '\0');
  const auto got = ::read(channel[0], said.data(), said.size());
  said.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  ::close(channel[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return "exit status " + std::to_string(WEXITSTATUS(status)) + ": " + said;
  return said;
}

/// A line of /proc/self/status, in KiB: VmHWM is the most memory ever used, VmPeak the most address space.
inline std::uint64_t status_kib(std::string_view name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) return std::stoull(line.substr(line.find_first_of("0123456789")));
  }
  return 0;
}

/// What went wrong, or "" if neither memory nor address space has grown by more than this since it was made. For child
/// processes: whose counts begin with the process.
class Growth {
 public:
  Growth() : used_(status_kib("VmRSS")), space_(status_kib("VmSize")) {}

  std::string beyond(std::uint64_t limit_kib) const {
    const auto used = status_kib("VmHWM"), space = status_kib("VmPeak");
    const auto more = [&](std::uint64_t now, std::uint64_t then) { return now > then ? now - then : 0; };
    if (more(used, used_) <= limit_kib && more(space, space_) <= limit_kib) return "";
    return "memory grew by " + std::to_string(more(used, used_)) + " KiB, address space by " +
           std::to_string(more(space, space_)) + " KiB";
  }

 private:
  std::uint64_t used_;
  std::uint64_t space_;
};

}  // namespace zeolite::test
