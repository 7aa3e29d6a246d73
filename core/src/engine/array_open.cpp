// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <fmt/format.h>

#include "../metadata/json.hpp"
#include "../plugin/objects.hpp"
#include "array_impl.hpp"

namespace zeolite {

namespace {

/// More chunk shapes than this are not kept bound: an irregular grid may have millions.
constexpr std::size_t max_chains = 256;

template <class T>
Created<T> create(Context::Impl& context, Point point, const Extension& extension, Call& call) {
  return context.catalog.create<T>(point, extension.name, object_to_text(extension.configuration), call);
}

}  // namespace

Array open_array_with(const Store& store, std::string path, ArrayMetadata metadata) {
  return Array(std::make_shared<Array::Impl>(store, std::move(path), std::move(metadata)));
}

template <class T, class Make>
void Array::Impl::fill_in(Part<T>& part, Make make) {
  std::optional<Error> failure;
  try {
    part.template emplace<T>(make());
    return;
  } catch (const Error& error) {
    failure = error;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& exception) {
    failure = Error(ErrorCode::internal, exception.what());
  }
  failure->at("array", path);
  note(*failure);
  part = *failure;
}

void Array::Impl::note(const Error& failure) {
  if (parts_->failure) return;
  parts_->failure = failure;
  parts_->unusable = failure.what();
}

Array::Impl::Impl(const Store& a_store, std::string a_path, ArrayMetadata a_metadata)
    : store(Store::Impl::plain(a_store)),
      path("/" + a_path),
      prefix(a_path.empty() ? "" : a_path + "/"),
      metadata(std::move(a_metadata)),
      number(context().indexes.new_owner()) {}

void Array::Impl::prepare() const {
  if (prepared_.load(std::memory_order_acquire)) return;
  std::lock_guard lock(preparing_);
  // While parts are made they ask for each other.
  if (prepared_.load(std::memory_order_relaxed) || making_) return;
  making_ = true;
  try {
    const_cast<Impl*>(this)->make_parts();
  } catch (...) {
    making_ = false;
    throw;
  }
  making_ = false;
  prepared_.store(true, std::memory_order_release);
}

void Array::Impl::make_parts() {
  parts_ = std::make_unique<Parts>();
  auto& parts = *parts_;
  Call call(context().workers);
  fill_in(parts.data_type,
          [&] { return create<zeo_data_type>(context(), Point::data_type, metadata.data_type, call); });
  fill_in(parts.fill_bytes, [&] {
    const auto& type = data_type();
    Buffer element(context().options.max_chunk_bytes);
    const auto json = to_text(metadata.fill_value);
    const auto status = type.v->fill_from_json(&type, str(json), element.abi(), call);
    if (status != ZEO_OK) {
      auto error = call.error(status);
      throw Error(error.code(), fmt::format("at /fill_value: {}", error.message()))
          .at("data_type", metadata.data_type.name);
    }
    if (type_info().variable == 0 && element.size() != type_info().item_bytes) {
      throw Error(ErrorCode::internal, "the data type gave a fill value of the wrong size")
          .at("data_type", metadata.data_type.name);
    }
    return std::vector<std::uint8_t>(element.data(), element.data() + element.size());
  });
  fill_in(parts.grid, [&] { return create<zeo_chunk_grid>(context(), Point::chunk_grid, metadata.chunk_grid, call); });
  fill_in(parts.bound_grid, [&] { return bind_grid(metadata.shape); });
  fill_in(parts.key_encoding, [&] {
    return create<zeo_chunk_key_encoding>(context(), Point::chunk_key_encoding, metadata.chunk_key_encoding, call);
  });
  fill_in(parts.chunk_store, [&] { return make_chunk_store(call); });
  fill_in(parts.codecs, [&] { return std::make_shared<const CodecList>(context(), metadata.codecs); });
  if (!parts.unusable.empty()) return;
  // Wrong combinations show when the codecs are bound, so that is tried at once, with the first chunk's shape.
  try {
    const auto ndim = metadata.shape.size();
    Dims counts(ndim);
    grid().v->counts(&grid(), counts.data());
    const bool none = std::find(counts.begin(), counts.end(), 0u) != counts.end();
    if (none) return;
    const Dims first(ndim, 0);
    Dims origin(ndim), shape(ndim);
    grid().v->chunk_boxes(&grid(), first.data(), 1, origin.data(), shape.data());
    (void)chain(shape);
  } catch (Error& error) {
    note(error.at("array", path));
    parts.codecs = error;
  }
}

std::string Array::Impl::lock_name(std::string_view key) const {
  const auto& [chunk_store, chunk_prefix] = need(&Parts::chunk_store);
  return store.impl()->place(chunk_store, chunk_prefix.empty() ? prefix : "", key);
}

Error& Array::Impl::blame_grid(Error& error) const {
  const auto& created = need(&Parts::grid);
  return error.at("chunk_grid", created.name).at("plugin", created.plugin).at("array", path);
}

Owned<zeo_bound_grid> Array::Impl::bind_grid(const Shape& shape) const {
  const auto& grid = *need(&Parts::grid).object;
  Call call(context().workers);
  try {
    return plugin::bind(grid, shape, call);
  } catch (Error& error) {
    throw blame_grid(error);
  }
}

Array::Impl::ChunkStore Array::Impl::make_chunk_store(Call& call) {
  auto* const base = store.impl()->top();
  if (metadata.storage_transformers.empty()) return {base, prefix};
  auto& layers = parts_->layers;
  layers.push_back(make_scoped_store(base, prefix, context().tickets));
  for (const auto& extension : metadata.storage_transformers) {
    auto created = create<zeo_storage_transformer>(context(), Point::storage_transformer, extension, call);
    try {
      layers.push_back(plugin::wrap(*created.object, layers.back().get(), call));
    } catch (Error& error) {
      throw error.at("storage_transformer", created.name).at("plugin", created.plugin);
    }
    parts_->transformers.push_back(std::move(created));
  }
  return {layers.back().get(), ""};
}

std::shared_ptr<const Chain> Array::Impl::chain(std::span<const std::uint64_t> chunk_shape) const {
  Dims shape(chunk_shape.begin(), chunk_shape.end());
  {
    std::lock_guard lock(chains_mutex_);
    if (const auto found = chains_.find(shape); found != chains_.end()) return found->second;
  }
  zeo_representation decoded{};
  decoded.struct_size = sizeof(decoded);
  decoded.kind = ZEO_REPRESENTATION_ARRAY;
  decoded.ndim = static_cast<std::uint32_t>(shape.size());
  decoded.shape = shape.data();
  decoded.data_type = &data_type();
  decoded.fill_value = {fill_bytes().data(), fill_bytes().size()};
  if (!checked_product(shape, type_info().item_bytes)) {
    throw Error(ErrorCode::invalid,
                fmt::format("a chunk of shape [{}] is larger than 2^63 bytes", fmt::join(shape, ", ")));
  }
  auto chain = std::make_shared<const Chain>(need(&Parts::codecs), decoded);
  std::lock_guard lock(chains_mutex_);
  if (chains_.size() >= max_chains) chains_.clear();
  return chains_.try_emplace(std::move(shape), std::move(chain)).first->second;
}

std::string Array::Impl::key(const Shape& chunk) const {
  const auto ndim = metadata.shape.size();
  if (chunk.size() != ndim) {
    throw Error(ErrorCode::invalid, fmt::format("chunk [{}] has {} coordinates, the array {} dimensions",
                                                fmt::join(chunk, ", "), chunk.size(), ndim))
        .at("array", path);
  }
  Dims counts(ndim);
  grid().v->counts(&grid(), counts.data());
  for (std::size_t i = 0; i < ndim; ++i) {
    if (chunk[i] >= counts[i]) {
      throw Error(ErrorCode::invalid, fmt::format("chunk [{}] lies outside the chunk grid of shape [{}]",
                                                  fmt::join(chunk, ", "), fmt::join(counts, ", ")))
          .at("array", path);
    }
  }
  Call call(context().workers);
  Buffer keys;
  std::uint64_t end = 0;
  call.check(key_encoding().v->encode(&key_encoding(), static_cast<std::uint32_t>(ndim), chunk.data(), 1, keys.abi(),
                                      &end, call));
  return std::string(keys.text());
}

void Array::Impl::check_all_chunk_shapes() const {
  constexpr std::uint64_t most = std::uint64_t{1} << 16;
  constexpr std::size_t most_lengths = 256;
  const auto ndim = metadata.shape.size();
  Dims counts(ndim), id(ndim, 0), origin(ndim), shape(ndim);
  grid().v->counts(&grid(), counts.data());
  if (std::find(counts.begin(), counts.end(), 0u) != counts.end()) return;
  for (std::size_t axis = 0; axis < ndim; ++axis) {
    std::set<std::uint64_t> seen;
    for (id[axis] = 0; id[axis] < std::min(counts[axis], most) && seen.size() < most_lengths; ++id[axis]) {
      grid().v->chunk_boxes(&grid(), id.data(), 1, origin.data(), shape.data());
      if (seen.insert(shape[axis]).second) (void)chain(shape);
    }
    id[axis] = 0;
  }
}

void Array::Impl::rethrow(std::exception_ptr failure) const {
  try {
    std::rethrow_exception(failure);
  } catch (Error& error) {
    throw Error(error).at("array", path).at("store", store.location());
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::no_memory, "out of memory").at("array", path);
  }
}

}  // namespace zeolite
