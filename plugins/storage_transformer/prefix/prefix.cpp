// SPDX-License-Identifier: Apache-2.0
//
// Puts a prefix in front of all keys, so that a part of a store is a store of its own.
#include <zeolite/sdk/storage_transformer.hpp>

using namespace zeolite;

namespace {

class PrefixedStore : public sdk::ForwardingStore {
 public:
  PrefixedStore(zeo_store* inner, std::string prefix) : ForwardingStore(inner), prefix_(std::move(prefix)) {}

  std::string to_inner(std::string_view key) const override { return prefix_ + std::string(key); }

  std::optional<std::string> to_outer(std::string_view key) const override {
    if (!key.starts_with(prefix_)) return std::nullopt;
    return std::string(key.substr(prefix_.size()));
  }

 private:
  std::string prefix_;
};

class Prefix : public sdk::StorageTransformer {
 public:
  static constexpr sdk::Names names{.name = "prefix"};

  void fields(sdk::Fields& f) override {
    // A location gives {"url": "prefix:a/b"}, metadata {"prefix": "a/b/"}; it is written as metadata has it.
    std::string url;
    if (f.reading()) f.optional("url", url).must(url.starts_with("prefix:"), "must be \"prefix:\" and the prefix");
    if (url.empty()) {
      f.required("prefix", prefix_);
    } else {
      prefix_ = url.substr(7);
    }
  }

  void created(const sdk::Call&) override {
    if (!prefix_.ends_with('/')) prefix_ += '/';
    for (std::size_t begin = 0; begin < prefix_.size();) {
      const auto end = prefix_.find('/', begin);
      const auto part = prefix_.substr(begin, end - begin);
      if (part.empty() || part == "." || part == ".." || part.find('\0') != part.npos) {
        throw sdk::invalid("the prefix \"{}\" must be names with \"/\" between them", prefix_);
      }
      begin = end + 1;
    }
  }

  std::unique_ptr<sdk::Store> wrap(zeo_store* inner, const sdk::Call&) const override {
    return std::make_unique<PrefixedStore>(inner, prefix_);
  }

 private:
  std::string prefix_;
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.prefix", "1.0.0", "Apache-2.0", Prefix)
