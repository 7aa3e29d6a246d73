// SPDX-License-Identifier: Apache-2.0
//
// What is done with bytes nobody should trust, by the fuzzer and by the test with fixed seeds: documents are opened,
// described, read and written, shards are read and changed. An Error is fine; any other exception, a crash, or data
// that does not come back as it was written is not.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <zeolite/json.hpp>
#include <zeolite/zeolite.hpp>

namespace zeolite::fuzz {

/// A context in which nothing large can be allocated, and everything happens on this thread.
inline Context small_context() {
  ContextOptions options;
  options.threads = 0;
  options.max_chunk_bytes = 1 << 20;
  return Context(options);
}

inline void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

inline std::span<const std::byte> as_value(std::string_view text) { return std::as_bytes(std::span(text)); }

/// Reads one element into a buffer of its size.
inline std::vector<std::byte> read_one(const Array& array, const Box& box) {
  std::vector<std::byte> element(array.data_type().item_bytes);
  array.read(box, element.data());
  return element;
}

/// Looks at everything an array can tell, then reads and writes an element at each end.
inline void try_array(const Array& array) {
  const auto& metadata = array.metadata();
  if (metadata.zarr_format == 3) {
    const auto text = to_document(metadata);
    require(to_document(parse_array_metadata(text)) == text, "a document that was written reads differently");
  }
  (void)array.numpy_type();
  if (!array.unusable().empty()) return;
  const auto type = array.data_type();
  (void)array.element_to_json(array.fill_element());
  const auto ndim = array.ndim();
  const auto& shape = array.shape();
  if (std::find(shape.begin(), shape.end(), 0u) != shape.end() || type.item_bytes > 4096) return;
  (void)array.chunk_counts();
  (void)array.read_encoded(Shape(ndim, 0));
  const auto chunk = array.chunk_box(Shape(ndim, 0));
  std::uint64_t elements = 1;
  for (const auto length : chunk.shape) elements = length > (1 << 16) / elements ? 1 << 20 : elements * length;
  auto last = shape;
  for (auto& index : last) --index;
  for (const auto& at : {Shape(ndim, 0), last}) {
    const auto box = zeolite::box(at, Shape(ndim, 1));
    if (type.variable) {
      (void)array.read_strings(box);
      if (elements > 1 << 16) continue;
      const std::vector<std::string> text = {"x"};
      array.write_strings(box, text);
      require(array.read_strings(box) == text, "a string that was written reads differently");
    } else {
      (void)read_one(array, box);
      if (elements > 1 << 16) continue;
      std::vector<std::byte> element(type.item_bytes);
      element[0] = std::byte{1};
      array.write(box, element.data());
      require(read_one(array, box) == element, "an element that was written reads differently");
    }
  }
}

/// Documents of nodes.
class Documents {
 public:
  explicit Documents(Context context = small_context()) : context_(std::move(context)) {}

  /// Whether the document was understood.
  bool run(std::string_view text, std::string_view name = "zarr.json") const {
    const auto store = Store::open(context_, "memory:");
    store.set("a/" + std::string(name), as_value(text));
    try {
      const auto node = open(store, "a");
      const auto* const array = std::get_if<Array>(&node);
      if (array == nullptr) return true;
      try {
        try_array(*array);
      } catch (const Error& error) {
        require(!error.frames().empty(), "an error that does not say where it was");
      }
      return true;
    } catch (const Error& error) {
      require(!error.message().empty(), "an error without a message");
      return false;
    }
  }

 private:
  Context context_;
};

/// Values of sharded arrays, of several formats.
class Shards {
 public:
  Shards() : store_(Store::open(small_context(), "memory:")) {
    const boost::json::value little = {{"name", "bytes"}, {"configuration", {{"endian", "little"}}}};
    const auto shard = [](std::uint64_t inner, boost::json::array codecs, boost::json::array index, bool at_start) {
      return Extension("sharding_indexed", {{"chunk_shape", {inner, inner}},
                                            {"codecs", std::move(codecs)},
                                            {"index_codecs", std::move(index)},
                                            {"index_location", at_start ? "start" : "end"}});
    };
    add({shard(2, {little}, {little}, false)});
    add({shard(4, {little, "gzip"}, {little}, true)});
    add({shard(1, {little, "crc32c"}, {little, "crc32c"}, false)});
    add({shard(4, {to_json(shard(2, {little, "zstd"}, {little}, true))}, {little}, false)});
    add({{"transpose", {{"order", {1, 0}}}}, shard(2, {little, "zstd"}, {little}, false)});
    add({shard(4, {little}, {little}, false), "crc32c"});
  }

  std::size_t size() const { return arrays_.size(); }

  /// What the number-th array stores when all is well.
  const std::string& sound(std::size_t number) const { return sound_[number]; }

  /// Reads and changes the number-th array with this in place of its shard. Whether all of it could be read.
  bool run(std::size_t number, std::string_view value) const {
    const auto& array = arrays_[number];
    const auto whole = array.all();
    const auto part = box({1, 2}, {5, 3}), steps = box({0, 1}, {3, 2}, {3, 5});
    store_.set(array.chunk_key({0, 0}), as_value(value));
    const bool read = succeeds([&] { (void)array.read<std::uint16_t>(whole); });
    (void)succeeds([&] { (void)array.read<std::uint16_t>(part); });
    (void)succeeds([&] { (void)array.read<std::uint16_t>(steps); });
    const std::vector<std::uint16_t> elements(15, 0xABCD);
    if (succeeds([&] { array.write(part, elements); })) {
      require(array.read<std::uint16_t>(part) == elements, "elements that were written read differently");
    } else {
      const auto after = store_.get(array.chunk_key({0, 0}));
      require(after && std::ranges::equal(*after, as_value(value)), "a write that failed has changed the value");
    }
    return read;
  }

 private:
  void add(std::vector<Extension> codecs) {
    const auto name = std::to_string(arrays_.size());
    arrays_.push_back(create_array(
        store_, name, {.shape = {8, 8}, .chunk_shape = {8, 8}, .data_type = "uint16", .codecs = std::move(codecs)}));
    std::vector<std::uint16_t> elements(64);
    for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<std::uint16_t>(i * 2749);
    for (std::size_t i = 20; i < 30; ++i) elements[i] = 0;
    arrays_.back().write(arrays_.back().all(), elements);
    const auto value = store_.get(arrays_.back().chunk_key({0, 0})).value();
    sound_.emplace_back(reinterpret_cast<const char*>(value.data()), value.size());
  }

  template <class Action>
  static bool succeeds(Action action) {
    try {
      action();
      return true;
    } catch (const Error& error) {
      const auto names = [&](std::string_view kind) {
        return std::ranges::any_of(error.frames(), [&](const auto& frame) { return frame.first == kind; });
      };
      require(names("array") && names("chunk") && names("codec") && names("plugin"), "an error does not say where");
      return false;
    }
  }

  Store store_;
  std::vector<Array> arrays_;
  std::vector<std::string> sound_;
};

}  // namespace zeolite::fuzz
