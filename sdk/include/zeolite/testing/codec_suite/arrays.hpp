// SPDX-License-Identifier: Apache-2.0
//
// The suite's part for array->array codecs.
#pragma once

#include <zeolite/testing/codec_suite/case.hpp>

namespace zeolite::testing {

/// An array that view() has described, with the memory its shape and strides are in.
struct BenchView {
  Shape shape = Shape(ZEO_MAX_NDIM);
  std::vector<std::int64_t> strides = std::vector<std::int64_t>(ZEO_MAX_NDIM);
  zeo_array abi{};

  BenchView(const zeo_bound_codec* bound, const zeo_array& of) {
    abi.struct_size = sizeof abi;
    abi.shape = shape.data();
    abi.strides_bytes = strides.data();
    BenchCall call;
    const auto status = bound->v->view(bound, &of, &abi, call);
    INFO(call.message());
    REQUIRE(status == ZEO_OK);
    REQUIRE(abi.ndim <= ZEO_MAX_NDIM);
    shape.resize(abi.ndim);
    strides.resize(abi.ndim);
  }

  const std::uint8_t* at(const Shape& place) const {
    const auto* slot = static_cast<const std::uint8_t*>(abi.data);
    for (std::size_t axis = 0; axis < place.size(); ++axis) {
      slot += static_cast<std::int64_t>(place[axis]) * strides[axis];
    }
    return slot;
  }

  /// The places of all elements, in C order.
  std::vector<const std::uint8_t*> slots() const {
    std::vector<const std::uint8_t*> list;
    Shape place(shape.size(), 0);
    for (std::uint64_t n = count(shape); n > 0; --n) {
      list.push_back(at(place));
      for (auto axis = place.size(); axis-- > 0 && ++place[axis] == shape[axis];) place[axis] = 0;
    }
    return list;
  }
};

/// map_box(box) followed by a view of the whole must lead to what a view of the box alone leads to. `always`: it has
/// promised not to refuse any.
inline void test_map_box(const zeo_bound_codec* bound, BenchArray& decoded, bool always, std::mt19937_64& random) {
  const auto& shape = decoded.shape();
  const BenchView whole(bound, *decoded.abi());
  for (int round = 0; round < 30; ++round) {
    Shape origin, extent, step;
    std::vector<std::int64_t> strides;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      origin.push_back(random() % shape[axis]);
      step.push_back(round % 2 == 0 ? 1 : 1 + random() % 3);
      extent.push_back(1 + random() % ((shape[axis] - origin[axis] + step[axis] - 1) / step[axis]));
      strides.push_back(decoded.abi()->strides_bytes[axis] * static_cast<std::int64_t>(step[axis]));
    }
    const zeo_box box{origin.data(), extent.data(), round % 2 == 0 ? nullptr : step.data()};
    Shape to_origin(ZEO_MAX_NDIM), to_shape(ZEO_MAX_NDIM), to_step(ZEO_MAX_NDIM);
    zeo_box mapped{to_origin.data(), to_shape.data(), to_step.data()};
    BenchCall call;
    const auto status = bound->v->map_box(bound, &box, &mapped, call);
    if (status == ZEO_UNSUPPORTED && !always) continue;
    INFO(call.message());
    REQUIRE(status == ZEO_OK);

    auto part = *decoded.abi();
    part.shape = extent.data();
    part.strides_bytes = strides.data();
    part.data = decoded.slot(origin);
    const BenchView view(bound, part);
    REQUIRE(view.shape == Shape(to_shape.begin(), to_shape.begin() + static_cast<std::ptrdiff_t>(view.shape.size())));
    std::vector<const std::uint8_t*> mapped_slots;
    Shape at(view.shape.size(), 0);
    for (std::uint64_t n = count(view.shape); n > 0; --n) {
      Shape place(at.size());
      for (std::size_t axis = 0; axis < at.size(); ++axis) place[axis] = to_origin[axis] + at[axis] * to_step[axis];
      mapped_slots.push_back(whole.at(place));
      for (auto axis = at.size(); axis-- > 0 && ++at[axis] == view.shape[axis];) at[axis] = 0;
    }
    CHECK((mapped_slots == view.slots()));
  }
}

inline void test_array_codec(const BenchCodec& codec, const CodecCase& the_case, std::mt19937_64& random) {
  require_types(the_case);
  for (const auto& name : the_case.types) {
    const auto& type = BenchType::named(name);
    for (const auto& shape : the_case.shapes) {
      INFO("type " << name << ", shape " << Catch::StringMaker<Shape>::convert(shape));
      const BenchRepresentation representation(type, shape);
      const auto bound = codec.bind(representation);
      const auto info = describe(bound.get());
      REQUIRE(info.encoded->kind == ZEO_REPRESENTATION_ARRAY);
      REQUIRE(info.encoded->data_type != nullptr);
      const Shape to(info.encoded->shape, info.encoded->shape + info.encoded->ndim);
      REQUIRE((bound->v->view != nullptr || (bound->v->encode_array != nullptr && bound->v->decode_array != nullptr)));
      const bool maps_boxes = (info.flags & ZEO_CODEC_MAPS_BOXES) != 0;
      if (maps_boxes) REQUIRE((bound->v->view != nullptr && bound->v->map_box != nullptr));
      for (const auto layout : {Layout::contiguous, Layout::backwards}) {
        BenchArray decoded(type, shape, layout);
        const auto elements = random_elements(type, count(shape), Content::random, random);
        decoded.assign(elements);
        if (bound->v->view != nullptr) {
          const BenchView view(bound.get(), *decoded.abi());
          CHECK(view.shape == to);
          // Each element once.
          auto seen = view.slots();
          std::vector<const std::uint8_t*> all;
          decoded.for_each([&](const std::uint8_t* slot) { all.push_back(slot); });
          std::sort(seen.begin(), seen.end());
          std::sort(all.begin(), all.end());
          CHECK((seen == all));
          if (bound->v->map_box != nullptr) test_map_box(bound.get(), decoded, maps_boxes, random);
        }
        if (bound->v->encode_array == nullptr || layout != Layout::contiguous) continue;
        const BenchType encoded_type(*info.encoded->data_type);
        BenchArray encoded(encoded_type, to), again(type, shape);
        BenchCall call;
        REQUIRE(bound->v->encode_array(bound.get(), decoded.abi(), encoded.abi(), call) == ZEO_OK);
        CHECK(encoded.gaps_untouched());
        REQUIRE(bound->v->decode_array(bound.get(), encoded.abi(), again.abi(), call) == ZEO_OK);
        CHECK(again.gaps_untouched());
        CHECK((again.elements() == elements));
      }
    }
  }
  for (const auto& name : the_case.refused_types) {
    INFO("type " << name);
    codec.refusal(BenchRepresentation(BenchType::named(name), the_case.shapes.back()));
  }
  codec.refusal(BenchRepresentation(100, true));
}

}  // namespace zeolite::testing
