// SPDX-License-Identifier: Apache-2.0
//
// The format that the codecs for variable-length elements share: the number of elements, then each element as its
// length and its bytes; all numbers are 32-bit little-endian. Source: codecs "vlen-utf8" and "vlen-bytes" of the Zarr
// extensions registry.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <zeolite/sdk/byte_order.hpp>
#include <zeolite/sdk/codec/array_bytes.hpp>

namespace zeolite::sdk {

/// Bound to variable-length elements. check(element) says what is wrong with an element, or "" when it is fine.
template <class Check>
class BoundLengthPrefixed final : public BoundArrayBytes {
 public:
  BoundLengthPrefixed(const Representation& decoded, Check check) : count_(decoded.count()), check_(std::move(check)) {
    if (count_ > UINT32_MAX) {
      throw invalid("a chunk of {} elements is too large: the format counts to {}", count_, UINT32_MAX);
    }
    properties.flags = ZEO_CODEC_STRIDED;
  }

  void encode(const Array& decoded, Out& encoded, const Call&) const override {
    std::uint64_t size = prefix_bytes, index = 0;
    for_each(decoded, [&](std::uint8_t* slot) {
      const auto element = load(slot);
      if (element.size() > UINT32_MAX) {
        throw invalid("element {} has {} bytes; the format holds up to {}", index, element.size(), UINT32_MAX);
      }
      if (const std::string wrong = check_(element); !wrong.empty()) throw invalid("element {} {}", index, wrong);
      ++index;
      size = add(size, prefix_bytes + element.size(), "encoded chunk");
    });
    auto* to = encoded.reserve(size).data();
    store(count_, to);
    for_each(decoded, [&](std::uint8_t* slot) {
      const auto element = load(slot);
      store(element.size(), to);
      if (!element.empty()) std::memcpy(to, element.data(), element.size());
      to += element.size();
    });
    encoded.advance(size);
  }

  void decode(Bytes encoded, const Array& decoded, const Call&) const override {
    const auto count = take_number(encoded, "the number of elements");
    if (count != count_) throw corrupt("the chunk holds {} elements, not the {} of its shape", count, count_);
    if (encoded.size() / prefix_bytes < count_) {
      throw corrupt("the chunk ends too early: {} bytes cannot hold {} elements", encoded.size(), count_);
    }
    // What is not prefixes is payload: allocate it once.
    const auto payload_bytes = encoded.size() - prefix_bytes * count_;
    auto* payload = static_cast<char*>(nullptr);
    if (payload_bytes > 0) {
      if (decoded.heap() != nullptr)
        payload = static_cast<char*>(decoded.heap()->allocate(decoded.heap(), payload_bytes));
      if (payload == nullptr) throw failure(ZEO_NO_MEMORY, "no memory for {} bytes of elements", payload_bytes);
    }
    std::uint64_t index = 0;
    for_each(decoded, [&](std::uint8_t* slot) {
      const auto size = take_number(encoded, "the length of an element");
      const auto available = encoded.size() - prefix_bytes * (count_ - index - 1);  // the rest are lengths
      if (size > available) {
        throw corrupt("element {} claims {} bytes, of which only {} can be its own", index, size, available);
      }
      const zeo_str element{size == 0 ? nullptr : payload, size};
      if (size > 0) std::memcpy(payload, encoded.data(), size);
      if (const std::string wrong = check_(text(element)); !wrong.empty()) throw corrupt("element {} {}", index, wrong);
      payload += size;
      ++index;
      std::memcpy(slot, &element, sizeof element);
      encoded = encoded.subspan(size);
    });
    if (!encoded.empty()) throw corrupt("{} bytes follow the last element", encoded.size());
  }

 private:
  static constexpr std::uint64_t prefix_bytes = 4;

  template <class Body>
  static void for_each(const Array& array, Body body) {
    array.for_each_row([&](std::uint8_t* slot, std::uint64_t count, std::int64_t stride) {
      for (; count > 0; --count, slot += stride) body(slot);
    });
  }

  static std::string_view load(const std::uint8_t* slot) {
    zeo_str element;
    std::memcpy(&element, slot, sizeof element);
    return text(element);
  }

  static void store(std::uint64_t number, std::uint8_t*& to) {
    store_little_endian(static_cast<std::uint32_t>(number), to);
    to += prefix_bytes;
  }

  static std::uint64_t take_number(Bytes& from, std::string_view what) {
    if (from.size() < prefix_bytes) throw corrupt("the chunk ends too early: {} is cut off", what);
    const auto number = load_little_endian<std::uint32_t>(from.data());
    from = from.subspan(prefix_bytes);
    return number;
  }

  std::uint64_t count_;
  Check check_;
};

/// A codec for one class of variable-length elements; `wanted` is the class in words.
template <class Check>
std::unique_ptr<BoundArrayBytes> bind_length_prefixed(const Representation& decoded, std::uint32_t type_class,
                                                      std::string_view wanted, Check check) {
  if (!decoded.variable() || decoded.type().type_class != type_class) {
    throw invalid("it stores {}, not {}", wanted, describe(decoded.type()));
  }
  return std::make_unique<BoundLengthPrefixed<Check>>(decoded, std::move(check));
}

}  // namespace zeolite::sdk
