// SPDX-License-Identifier: Apache-2.0
#include <zeolite/array.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <boost/json/value_from.hpp>

#include <zeolite/json.hpp>

#include "../metadata/json.hpp"
#include "array_io.hpp"
#include "stored_document.hpp"

namespace zeolite {

std::uint64_t count_elements(const Shape& shape) {
  const auto count = checked_product(shape);
  if (!count) throw Error(ErrorCode::invalid, fmt::format("[{}] has more than 2^63 elements", fmt::join(shape, ", ")));
  return *count;
}

const std::string& Array::path() const { return impl_->path; }
const Store& Array::store() const { return impl_->store; }
const ArrayMetadata& Array::metadata() const { return impl_->metadata; }
const std::string& Array::unusable() const { return impl_->unusable(); }

DataTypeInfo Array::data_type() const {
  const auto& info = impl_->type_info();
  return {info.type_class, info.bits, info.item_bytes, info.variable != 0};
}

void Array::require_type(bool match, std::string_view kind, std::size_t bytes) const {
  if (match) return;
  const auto info = data_type();
  throw Error(ErrorCode::invalid,
              info.variable
                  ? fmt::format("elements of {} differ in length: use read_strings and write_strings",
                                metadata().data_type.name)
                  : fmt::format("the caller's {}, of {} bytes, are not of the array's type {}, of {} bytes", kind,
                                bytes, metadata().data_type.name, info.item_bytes))
      .at("array", path());
}

void Array::require_count(const Box& box, std::size_t elements) const {
  const auto wanted = count(box);
  if (elements == wanted) return;
  throw Error(ErrorCode::invalid, fmt::format("{} elements do not fill a box of shape [{}], which has {}", elements,
                                              fmt::join(box.shape, ", "), wanted))
      .at("array", path());
}

void Array::refuse_room(std::uint64_t elements, std::size_t item_bytes) const {
  throw Error(ErrorCode::no_memory,
              fmt::format("there is no memory for {} elements of {} bytes: read smaller boxes", elements, item_bytes))
      .at("array", path());
}

std::uint64_t Array::count(const Box& box) const {
  check_box(*impl_, box);
  return count_elements(box.shape);
}

namespace {

/// Runs what `make` makes of an operation; what it throws names the array.
template <class Make>
void run(const Array::Impl& array, const Until& until, Make make) {
  try {
    const auto operation = Operation::make(array.context().resources(), until);
    operation->run(make(*operation));
  } catch (...) {
    array.rethrow(std::current_exception());
  }
}

void read_one(const Array::Impl& array, const Box& box, void* output, const Strides& strides, Heap* heap,
              const Until& until) {
  const BoxRequest request{&array, &box, output, &strides};
  run(array, until, [&](Operation& operation) { return read_boxes(operation, {&request, 1}, heap); });
}

void write_one(const Array::Impl& array, const Box& box, const void* input, const Strides& strides,
               const WriteOptions& options) {
  const BoxRequest request{&array, &box, input, &strides};
  run(array, options.until, [&](Operation& operation) { return write_box(operation, request, options); });
}

}  // namespace

void Array::read(const Box& box, void* output, const Strides& strides, const Until& until) const {
  require_fixed(*impl_, true);
  read_one(*impl_, box, output, strides, nullptr, until);
}

void read(std::span<const ReadRequest> requests, const Until& until) {
  if (requests.empty()) return;
  const auto boxes = borrow_boxes(requests);
  run(*boxes.front().array, until, [&](Operation& operation) { return read_boxes(operation, boxes, nullptr); });
}

std::vector<std::string> Array::read_strings(const Box& box, const Until& until) const {
  StringRead read(*this, box);
  run(*impl_, until, [&](Operation& operation) { return read_boxes(operation, {&read.request(), 1}, &read.heap()); });
  return read.take();
}

void Array::write(const Box& box, const void* input, const Strides& strides, const WriteOptions& options) const {
  require_fixed(*impl_, true);
  write_one(*impl_, box, input, strides, options);
}

void Array::write_strings(const Box& box, std::span<const std::string> elements, const WriteOptions& options) const {
  require_fixed(*impl_, false);
  require_count(box, elements.size());
  std::vector<zeo_str> views;
  views.reserve(elements.size());
  for (const auto& element : elements) views.push_back(str(element));
  write_one(*impl_, box, views.data(), {}, options);
}

Shape Array::chunk_counts() const {
  Shape counts(ndim());
  impl_->grid().v->counts(&impl_->grid(), counts.data());
  return counts;
}

Box Array::chunk_box(const Shape& chunk) const {
  (void)impl_->key(chunk);  // checks the coordinates
  Box box{Shape(ndim()), Shape(ndim()), {}};
  impl_->grid().v->chunk_boxes(&impl_->grid(), chunk.data(), 1, box.origin.data(), box.shape.data());
  return box;
}

std::string Array::chunk_key(const Shape& chunk) const { return impl_->prefix + impl_->key(chunk); }

namespace {

Task<bool> run_chunk_request(const Array::Impl& array, Operation& operation, Request& request, std::string_view key,
                             bool changes) {
  std::optional<KeyLocks::Guard> guard;
  if (changes) guard.emplace(co_await array.context().write_locks.acquire(operation, array.lock_name(key)));
  operation.require_wanted();
  co_return co_await request;
}

/// One operation on the stored bytes of a chunk, through the array's storage transformers.
template <class Prepare>
bool chunk_request(const Array::Impl& array, const Until& until, std::uint32_t kind, const Shape& chunk,
                   Prepare prepare) {
  const auto key = array.chunk_prefix() + array.key(chunk);
  try {
    const auto operation = Operation::make(array.context().resources(), until);
    Request request(*operation, array.chunk_store(), kind, key);
    prepare(request);
    return operation->run(run_chunk_request(array, *operation, request, key, kind != ZEO_OP_GET));
  } catch (Error& error) {
    throw array.store.impl()->blame(error.at("chunk", key).at("array", array.path));
  }
}

}  // namespace

std::optional<std::vector<std::byte>> Array::read_encoded(const Shape& chunk, const Until& until) const {
  Buffer buffer(impl_->context().options.max_chunk_bytes);
  if (!chunk_request(*impl_, until, ZEO_OP_GET, chunk, [&](Request& request) { request.want_all(buffer); })) {
    return std::nullopt;
  }
  return std::vector<std::byte>(buffer.span().begin(), buffer.span().end());
}

void Array::write_encoded(const Shape& chunk, std::span<const std::byte> bytes, const Until& until) const {
  chunk_request(*impl_, until, ZEO_OP_SET, chunk, [&](Request& request) {
    request.put({{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}});
  });
}

void Array::erase_chunk(const Shape& chunk, const Until& until) const {
  chunk_request(*impl_, until, ZEO_OP_DELETE, chunk, [](Request&) {});
}

std::vector<std::byte> Array::fill_element() const {
  const auto bytes = std::as_bytes(impl_->fill_bytes());
  return {bytes.begin(), bytes.end()};
}

boost::json::value Array::element_to_json(std::span<const std::byte> element) const {
  const auto& type = impl_->data_type();
  if (impl_->type_info().variable == 0 && element.size() != impl_->type_info().item_bytes) {
    throw Error(ErrorCode::invalid,
                fmt::format("an element has {} bytes, not {}", impl_->type_info().item_bytes, element.size()))
        .at("array", path());
  }
  Call call(impl_->context().workers);
  Buffer json;
  call.check(type.v->fill_to_json(&type, {reinterpret_cast<const std::uint8_t*>(element.data()), element.size()},
                                  json.abi(), call));
  return parse_json(json.text());
}

std::vector<std::byte> Array::element_from_json(const boost::json::value& json) const {
  const auto& type = impl_->data_type();
  Call call(impl_->context().workers);
  Buffer element(impl_->context().options.max_chunk_bytes);
  const auto text = to_text(json);
  call.check(type.v->fill_from_json(&type, str(text), element.abi(), call));
  return {element.span().begin(), element.span().end()};
}

std::optional<boost::json::value> Array::numpy_type() const {
  const auto& type = impl_->data_type();
  if (!ZEOLITE_HAS(&type, to_v2)) return std::nullopt;
  Call call(impl_->context().workers);
  Buffer json;
  const auto status = type.v->to_v2(&type, json.abi(), call);
  if (status == ZEO_UNSUPPORTED) return std::nullopt;
  call.check(status);
  return parse_json(json.text());
}

namespace {

// `store` is the array's, within the time that the caller gives.

Array open_document(const Array::Impl& array, std::string_view document) {
  try {
    return open_array_with(array.store, array.path.substr(1), parse_array_metadata(document));
  } catch (Error& error) {
    throw error.at("array", array.path).at("store", array.store.location());
  }
}

void change_document_of(const Array::Impl& array, const Store& store, const DocumentChange& change) {
  if (array.metadata.zarr_format != 3) {
    throw Error(ErrorCode::unsupported, "metadata of version 2 arrays can only be read").at("array", array.path);
  }
  try {
    (void)change_stored(store, array.path.substr(1), change);
  } catch (Error& error) {
    throw error.at("array", array.path);
  }
}

/// Calls visit(chunk) for all coordinates below `before` that are not below `after`.
template <class Visit>
void each_outside(const Shape& before, const Shape& after, Visit visit) {
  const auto ndim = before.size();
  // For each axis in turn those that are outside along it and inside along all before it.
  for (std::size_t axis = 0; axis < ndim; ++axis) {
    Dims low(ndim, 0);
    Dims extent(ndim);
    for (std::size_t i = 0; i < ndim; ++i) extent[i] = i < axis ? std::min(before[i], after[i]) : before[i];
    low[axis] = std::min(before[axis], after[axis]);
    extent[axis] -= low[axis];
    if (std::find(extent.begin(), extent.end(), 0u) != extent.end()) continue;
    Dims index(ndim, 0);
    do {
      Shape chunk(ndim);
      for (std::size_t i = 0; i < ndim; ++i) chunk[i] = low[i] + index[i];
      visit(chunk);
    } while (next_index(index, extent));
  }
}

/// The chunks that are stored, unless the store cannot list them or their keys do not tell.
std::optional<std::vector<Shape>> stored_chunks(const Array::Impl& array, const Store& store) {
  const auto& encoding = array.key_encoding();
  auto* const layer = array.chunk_store();
  if (!ZEOLITE_HAS(layer, list) || !ZEOLITE_HAS(&encoding, decode)) return std::nullopt;
  const auto& prefix = array.chunk_prefix();
  const auto ndim = array.metadata.shape.size();
  std::vector<Shape> chunks;
  Store::Impl::list(store, layer, prefix, false, [&](const StoreEntry& entry) {
    const auto key = std::string_view(entry.key).substr(std::min(prefix.size(), entry.key.size()));
    Shape chunk(ndim);
    Call call(array.context().workers);
    const auto status = encoding.v->decode(&encoding, static_cast<std::uint32_t>(ndim), str(key), chunk.data(), call);
    if (status == ZEO_OK) chunks.push_back(std::move(chunk));
  });
  return chunks;
}

}  // namespace

void Array::set_attributes(boost::json::object attributes, const Until& until) {
  const auto store = impl_->store.within(until);
  std::optional<Array> changed;
  change_document_of(*impl_, store, [&](std::string_view stored) {
    auto document = change_document(stored, "attributes", attributes);
    changed = open_document(*impl_, document);
    return document;
  });
  *this = *std::move(changed);
}

void Array::resize(const Shape& shape, const Until& until) {
  const auto store = impl_->store.within(until);
  std::optional<Array> was, resized;
  Shape before, after;
  change_document_of(*impl_, store, [&](std::string_view stored) {
    was = open_document(*impl_, stored);
    if (shape.size() != was->ndim()) {
      throw Error(ErrorCode::invalid, fmt::format("{} dimensions cannot become {}", was->ndim(), shape.size()));
    }
    auto document = change_document(stored, "shape", boost::json::value_from(shape));
    resized = open_document(*impl_, document);
    after = resized->chunk_counts();
    before = was->chunk_counts();
    return document;
  });
  // That is its shape now, whatever becomes of the chunks.
  const auto current = *std::move(was);
  *this = *std::move(resized);
  // Asking for each chunk is quick for few; of many, most are often not there.
  constexpr std::uint64_t few = 1024;
  const auto all = checked_product(before);
  if (const auto stored = all && *all <= few ? std::nullopt : stored_chunks(*current.impl(), store)) {
    for (const auto& chunk : *stored) {
      bool inside = true;
      bool known = true;
      for (std::size_t i = 0; i < chunk.size(); ++i) {
        inside = inside && chunk[i] < after[i];
        known = known && chunk[i] < before[i];
      }
      if (known && !inside) current.erase_chunk(chunk, until);
    }
  } else {
    each_outside(before, after, [&](const Shape& chunk) { current.erase_chunk(chunk, until); });
  }
}

}  // namespace zeolite
