// SPDX-License-Identifier: Apache-2.0
//
// What the conformance suites run a plugin on: its library, calls and output buffers, all through the C contract.
// Nothing of the core takes part.
#pragma once

#include <dlfcn.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <zeolite/abi/plugin.h>
#include <zeolite/testing/catch.hpp>

namespace zeolite::testing {

inline zeo_str str(std::string_view text) { return {text.data(), text.size()}; }

/// What random tests start from; set ZEOLITE_TEST_SEED to try others.
inline std::uint64_t test_seed() {
  const char* const set = std::getenv("ZEOLITE_TEST_SEED");
  return set == nullptr ? 20240229 : std::strtoull(set, nullptr, 10);
}

/// A call that keeps the message, gives scratch memory, and runs loops on this thread.
class BenchCall {
 public:
  BenchCall() {
    abi_.struct_size = sizeof(zeo_call);
    abi_.concurrency = 1;
    abi_.fail = [](const zeo_call* self, zeo_status, const char* message, std::uint64_t size) {
      of(self).message_.assign(message, size);
    };
    abi_.scratch = [](const zeo_call* self, std::uint64_t size, std::uint64_t align) -> void* {
      void* const memory = std::aligned_alloc(align < 16 ? 16 : align, (size + 4095) / 4096 * 4096);
      of(self).scratch_.emplace_back(memory, &std::free);
      return memory;
    };
    abi_.parallel_for = [](const zeo_call* self, std::uint64_t n, zeo_body body, void* environment) {
      zeo_status status = ZEO_OK;
      for (std::uint64_t i = 0; i < n && status == ZEO_OK; ++i) {
        BenchCall inner;
        status = body(environment, i, inner.abi());
        of(self).message_ = inner.message_;
      }
      return status;
    };
    abi_.host = this;
  }
  BenchCall(const BenchCall&) = delete;
  BenchCall& operator=(const BenchCall&) = delete;

  const zeo_call* abi() const { return &abi_; }
  operator const zeo_call*() const { return &abi_; }

  /// What the last failure said.
  const std::string& message() const { return message_; }

 private:
  static BenchCall& of(const zeo_call* self) { return *static_cast<BenchCall*>(self->host); }

  zeo_call abi_{};
  std::string message_;
  std::vector<std::unique_ptr<void, void (*)(void*)>> scratch_;
};

/// A zeo_out that grows a little at a time, so that plugins are seen to ask, up to a limit.
class BenchOut {
 public:
  explicit BenchOut(std::uint64_t limit = UINT64_MAX) : limit_(limit) {
    out_.host = this;
    out_.reserve = [](zeo_out* out, std::uint64_t capacity) -> zeo_status {
      auto& self = *static_cast<BenchOut*>(out->host);
      if (capacity <= out->capacity) return ZEO_OK;
      if (capacity > self.limit_) return ZEO_NO_MEMORY;
      // A new block each time: pointers a plugin kept across reserve() are found by the address sanitizer.
      std::vector<std::uint8_t> moved(capacity);
      std::copy(out->data, out->data + out->size, moved.begin());
      self.memory_ = std::move(moved);
      out->data = self.memory_.data();
      out->capacity = capacity;
      return ZEO_OK;
    };
  }
  BenchOut(const BenchOut&) = delete;
  BenchOut& operator=(const BenchOut&) = delete;

  zeo_out* abi() { return &out_; }
  operator zeo_out*() { return &out_; }

  std::vector<std::uint8_t> bytes() const { return {out_.data, out_.data + out_.size}; }
  std::string text() const { return {reinterpret_cast<const char*>(out_.data), out_.size}; }

 private:
  zeo_out out_{};
  std::vector<std::uint8_t> memory_;
  std::uint64_t limit_;
};

struct ReleaseObject {
  template <class T>
  void operator()(T* object) const {
    auto* const base = reinterpret_cast<zeo_object*>(object);
    base->v->release(base);
  }
};

/// Owns an object of the contract.
template <class T>
using Object = std::unique_ptr<T, ReleaseObject>;

/// The plugin under test: the library `name` (without ".so") in the first folder of ZEOLITE_PLUGIN_PATH, or, when that
/// is not set, in the folder "plugins" beside the one of this program.
class PluginLibrary {
 public:
  explicit PluginLibrary(const std::string& name) {
    const char* const set = std::getenv("ZEOLITE_PLUGIN_PATH");
    std::string folder = set == nullptr ? "" : set;
    folder = folder.substr(0, folder.find(':'));
    if (folder.empty()) {
      folder = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "plugins";
    }
    const auto file = std::filesystem::path(folder) / (name + ".so");
    void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed, as in the core
    if (handle == nullptr) throw std::runtime_error(dlerror());
    plugin_ = static_cast<const zeo_plugin*>(dlsym(handle, ZEOLITE_PLUGIN_SYMBOL));
    if (plugin_ == nullptr) throw std::runtime_error(file.string() + " exports no " + ZEOLITE_PLUGIN_SYMBOL);
  }

  /// A plugin that is part of the test program: sdk::describe<...>(). It outlives this object.
  explicit PluginLibrary(const zeo_plugin& plugin) : plugin_(&plugin) {}

  const zeo_plugin& plugin() const { return *plugin_; }

  /// The factory that provides `name`: its name, its pattern, or one of its aliases. Throws when there is none.
  const zeo_factory& factory(std::string_view name) const {
    for (std::uint32_t i = 0; i < plugin_->n_factories; ++i) {
      const auto& factory = *plugin_->factories[i];
      std::string_view own = factory.name;
      if (own == name) return factory;
      if (own.ends_with('*') && name.starts_with(own.substr(0, own.size() - 1)) && name.size() >= own.size() &&
          name.find_first_not_of("0123456789", own.size() - 1) == std::string_view::npos) {
        return factory;
      }
      for (auto alias = factory.aliases; alias != nullptr && *alias != nullptr; ++alias) {
        if (name == *alias) return factory;
      }
    }
    throw std::runtime_error(std::string("the plugin provides no ") + std::string(name));
  }

  /// As the host creates it. T: the struct of the extension point.
  template <class T>
  zeo_status create(std::string_view name, std::string_view configuration, Object<T>& object,
                    const zeo_call* call) const {
    zeo_object* made = nullptr;
    const auto& factory = this->factory(name);
    const auto status = factory.create(&factory, &host_, str(name), str(configuration), &made, call);
    object.reset(reinterpret_cast<T*>(made));
    return status;
  }

  /// The same, failing the test when it fails.
  template <class T>
  Object<T> create(std::string_view name, std::string_view configuration = "{}") const {
    BenchCall call;
    Object<T> object;
    const auto status = create(name, configuration, object, call);
    INFO(name << " " << configuration << ": " << call.message());
    REQUIRE(status == ZEO_OK);
    REQUIRE(object != nullptr);
    return object;
  }

  /// Why `configuration` is refused; fails the test when it is not, or without a reason.
  template <class T>
  std::string refusal(std::string_view name, std::string_view configuration) const {
    BenchCall call;
    Object<T> object;
    INFO(name << " " << configuration);
    CHECK(create(name, configuration, object, call) == ZEO_INVALID);
    CHECK(object == nullptr);
    CHECK_FALSE(call.message().empty());
    return call.message();
  }

 private:
  static zeo_host bench_host() {
    zeo_host host{};
    host.struct_size = sizeof(zeo_host);
    host.abi_minor = ZEO_ABI_MINOR;
    host.log = [](const zeo_host*, std::int32_t, zeo_str, zeo_str) {};
    host.create = [](const zeo_host*, std::uint32_t, zeo_str, zeo_object**, const zeo_call*) -> zeo_status {
      return ZEO_NOT_FOUND;
    };
    host.get_extension = [](const zeo_host*, zeo_str) -> const void* { return nullptr; };
    return host;
  }

  const zeo_plugin* plugin_ = nullptr;
  zeo_host host_ = bench_host();
};

/// The configuration an object writes; fails the test when it does not, or when an object made from it writes another.
template <class T>
std::string check_configuration(const PluginLibrary& library, std::string_view name, const T* object) {
  const auto write = [](const T* from) {
    BenchCall call;
    BenchOut out;
    const auto* const base = reinterpret_cast<const zeo_object*>(from);
    REQUIRE(base->v->to_json(base, out, call) == ZEO_OK);
    return out.text();
  };
  const auto written = write(object);
  const auto again = library.create<T>(name, written);
  CHECK(write(again.get()) == written);
  return written;
}

/// Runs `body(thread)` on several threads at once; true when all of them return true. Catch2's assertions are for one
/// thread only, so bodies must not use them.
template <class Body>
bool all_threads(Body body) {
  std::atomic<bool> all = true;
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      if (!body(thread)) all = false;
    });
  }
  for (auto& thread : threads) thread.join();
  return all;
}

}  // namespace zeolite::testing
