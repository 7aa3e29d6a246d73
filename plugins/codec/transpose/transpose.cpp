// SPDX-License-Identifier: Apache-2.0
//
// Another order of dimensions. Source: Zarr v3 codec "transpose", version 1.0. Elements stay where they are: the codec
// only says how to look at them, and the codec after it stores them in the order in which it sees them.
#include <algorithm>
#include <numeric>
#include <vector>

#include <zeolite/sdk/codec.hpp>

namespace {

using namespace zeolite;

using Order = std::vector<std::uint32_t>;

class Bound final : public sdk::BoundArray {
 public:
  Bound(const sdk::Representation& decoded, Order order) : order_(std::move(order)) {
    encode_to_same(decoded);
    for (std::size_t i = 0; i < order_.size(); ++i) encoded.shape[i] = decoded.shape()[order_[i]];
    properties.flags = ZEO_CODEC_MAPS_BOXES;
    properties.coded = false;
    properties.viewed = true;
  }

  void view(const sdk::Array& decoded, View& encoded) const override {
    encoded.ndim = static_cast<std::uint32_t>(order_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) {
      encoded.shape[i] = decoded.shape()[order_[i]];
      encoded.strides_bytes[i] = decoded.strides_bytes()[order_[i]];
    }
  }

  bool map_box(const sdk::Region& decoded, const Box& encoded) const override {
    for (std::size_t i = 0; i < order_.size(); ++i) {
      encoded.origin[i] = decoded.origin(order_[i]);
      encoded.shape[i] = decoded.shape(order_[i]);
      encoded.step[i] = decoded.step(order_[i]);
    }
    return true;
  }

 private:
  Order order_;
};

class Transpose : public sdk::ArrayCodec {
 public:
  /// "@transpose" is how the host asks for it when version 2 metadata has "order": "F".
  static constexpr sdk::Names names{.name = "transpose", .aliases = {"@transpose"}};

  void fields(sdk::Fields& f) override {
    // Old files say "C" or "F": how many dimensions that means is known only when the codec is bound.
    if (const auto* const member = f.reading() ? f.take("order") : nullptr; member != nullptr && member->is_string()) {
      f.one_of("order", word_, {{"C", 'C'}, {"F", 'F'}});
    } else if (!f.reading() && word_ != 0) {
      f.put("order", sdk::json::string(1, word_));
    } else {
      f.required("order", order_).must(is_permutation(), "must hold each of the numbers from 0 once");
    }
  }

  std::unique_ptr<sdk::BoundArray> bind(const sdk::Representation& decoded, const sdk::Call&) const override {
    auto order = order_;
    if (word_ != 0) {
      order.resize(decoded.ndim());
      std::iota(order.begin(), order.end(), 0u);
      if (word_ == 'F') std::reverse(order.begin(), order.end());
    }
    if (order.size() != decoded.ndim()) {
      throw sdk::invalid("member \"order\" has {} numbers, but the array has {} dimensions", order.size(),
                         decoded.ndim());
    }
    return std::make_unique<Bound>(decoded, std::move(order));
  }

 private:
  bool is_permutation() const {
    std::vector<bool> seen(order_.size());
    for (const auto axis : order_) {
      if (axis >= seen.size() || seen[axis]) return false;
      seen[axis] = true;
    }
    return true;
  }

  Order order_;
  char word_ = 0;  // 'C' or 'F' in place of numbers
};

}  // namespace

ZEOLITE_PLUGIN("zeolite.codec.transpose", "0.1.0", "Apache-2.0", Transpose)
