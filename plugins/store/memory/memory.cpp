// SPDX-License-Identifier: Apache-2.0
//
// A store in main memory: "memory:" is a new one for every opening, "memory://name" is shared within a context.
#include <map>

#include "values.hpp"

using namespace zeolite;
using memory::Value;
using memory::ValuePtr;
using memory::Values;

namespace {

/// The stores with a name, a set for each host: contexts never see each other's. A store lives while somebody holds it.
class Shared {
 public:
  static std::shared_ptr<Values> open(const zeo_host* host, const std::string& name) {
    static auto& shared = *new Shared;  // never destroyed: contexts may outlive the destruction of static objects
    const std::lock_guard lock(shared.mutex_);
    const Key key(host, name);
    auto& slot = shared.stores_[key];
    if (auto values = slot.lock()) return values;
    std::shared_ptr<Values> values(new Values, [key](Values* gone) {
      delete gone;
      const std::lock_guard forget(shared.mutex_);
      // Someone may have opened the name anew in the meantime.
      const auto found = shared.stores_.find(key);
      if (found != shared.stores_.end() && found->second.expired()) shared.stores_.erase(found);
    });
    slot = values;
    return values;
  }

 private:
  using Key = std::pair<const zeo_host*, std::string>;
  std::recursive_mutex mutex_;  // out of memory in open() calls the deleter
  std::map<Key, std::weak_ptr<Values>> stores_;
};

class MemoryStore : public sdk::BlockingStore {
 public:
  static constexpr sdk::Names names{.name = "memory"};

  void fields(sdk::Fields& f) override { f.optional("url", url_); }

  void created(const sdk::Call&) override {
    std::string_view name = url_;
    if (!name.starts_with("memory:")) throw sdk::invalid("\"{}\" must be \"memory:\" or \"memory://name\"", url_);
    name.remove_prefix(7);
    if (name.starts_with("//")) name.remove_prefix(2);
    while (name.ends_with('/')) name.remove_suffix(1);
    // One without a name gets one nobody else uses, so that the stores can be told apart by their configuration.
    static std::atomic<std::uint64_t> count{0};
    const auto own = name.empty() ? fmt::format("private-{}", ++count) : std::string(name);
    values_ = Shared::open(host().abi(), own);
    url_ = "memory://" + own;
  }

  sdk::StoreProperties properties() const override {
    return {.writable = true,
            .listable = true,
            .deletable = true,
            .atomic_set = true,
            .ranged_set = true,
            .conditions = true,
            .create_only = true,
            .concurrency = 16,
            .least_kept_bytes = 256};
  }

  void prepare(std::span<const sdk::Operation> operations) override {
    if (operations.size() > 1) values_->prefetch(operations);
  }

  bool get(std::string_view key, sdk::Reading& reading) override {
    const auto value = values_->find(key);
    if (value == nullptr) return false;
    reading.answer(value->bytes());
    reading.info.generation = value->generation();
    return true;
  }

  std::optional<sdk::ValueInfo> head(std::string_view key) override {
    const auto value = values_->find(key);
    if (value == nullptr) return std::nullopt;
    return sdk::ValueInfo{value->bytes().size(), value->generation()};
  }

  void set(std::string_view key, sdk::Writing& writing) override {
    const auto replaced = writing.keeps() ? values_->find(key) : nullptr;
    if (writing.keeps()) check(replaced.get(), [&](const std::string* generation) { writing.check(generation); });
    const auto old = replaced == nullptr ? sdk::Bytes() : replaced->bytes();
    const auto value = values_->make(key, writing.value_bytes(old.size()), [&](std::span<std::uint8_t> bytes) {
      auto to = bytes.begin();
      writing.each_run(old, [&](sdk::Bytes run) { to = std::copy(run.begin(), run.end(), to); });
    });
    values_->update(key, [&](const Value* present) {
      check(present, [&](const std::string* generation) { writing.check(generation); });
      return value;
    });
    writing.info = {value->bytes().size(), value->generation()};
  }

  bool set_range(std::string_view key, std::uint64_t offset, sdk::Bytes bytes) override {
    bool found = false;
    values_->update(key, [&](const Value* old) -> ValuePtr {
      if (old == nullptr) return nullptr;
      found = true;
      const auto before = old->bytes();
      const auto size = before.size();
      if (offset > size || bytes.size() > size - offset) {
        throw sdk::invalid("{} bytes at {} do not lie inside the value of {} bytes", bytes.size(), offset, size);
      }
      return values_->make(key, size, [&](std::span<std::uint8_t> changed) {
        std::copy(before.begin(), before.end(), changed.begin());
        std::copy(bytes.begin(), bytes.end(), changed.begin() + static_cast<std::ptrdiff_t>(offset));
      });
    });
    return found;
  }

  void erase(std::string_view key) override { erase_if(key, {}, {}); }

  void erase_if(std::string_view key, std::string_view if_match, std::string_view if_none_match) override {
    values_->update(key, [&](const Value* old) -> ValuePtr {
      check(old, [&](const std::string* generation) {
        sdk::Writing::check_conditions(if_match, if_none_match, generation);
      });
      return nullptr;
    });
  }

  void erase_prefix(std::string_view prefix) override { values_->erase_prefix(prefix); }

  void list(sdk::Listing& listing) override { values_->list(listing); }

 private:
  /// Runs condition(the generation of the value, or null).
  template <class Condition>
  static void check(const Value* value, Condition&& condition) {
    if (value == nullptr) return condition(nullptr);
    const auto generation = value->generation();
    condition(&generation);
  }

  std::string url_ = "memory:";
  std::shared_ptr<Values> values_;
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.memory", "1.0.0", "Apache-2.0", MemoryStore)
