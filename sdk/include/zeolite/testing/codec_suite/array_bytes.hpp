// SPDX-License-Identifier: Apache-2.0
//
// The suite's part for array->bytes codecs that encode and decode whole chunks, and for plans made of raw pieces.
#pragma once

#include <zeolite/testing/codec_suite/case.hpp>

namespace zeolite::testing {

/// The encoded form of `decoded`, the same whatever output it is written to, and within what the codec declared.
inline Octets checked_encode(const zeo_bound_codec* bound, BenchArray& decoded) {
  const auto info = describe(bound);
  const auto encode = [&](PresetOut& out, const char* how) {
    BenchCall call;
    const auto status = bound->v->encode(bound, decoded.abi(), out.abi(), call);
    INFO("encode " << how << ": " << call.message());
    REQUIRE(status == ZEO_OK);
    CHECK(out.guards_untouched());
    return out.octets();
  };
  PresetOut growing(0, UINT64_MAX);
  const auto first = encode(growing, "into nothing that grows");
  CHECK(info.encoded->kind == ZEO_REPRESENTATION_BYTES);
  CHECK(first.size() <= info.encoded->max_bytes);
  if (info.encoded->exact != 0) CHECK(first.size() == info.encoded->max_bytes);
  PresetOut small(first.size() / 2, UINT64_MAX), exact(first.size());
  CHECK((encode(small, "into too little that grows") == first));
  CHECK((encode(exact, "into the right size") == first));
  return first;
}

/// Decodes into `array`; with `wanted`, fails the test unless that comes out, else unless nothing bad happens.
inline void checked_decode(const zeo_bound_codec* bound, const Octets& encoded, BenchArray& array,
                           const std::vector<std::string>* wanted) {
  BenchCall call;
  const auto copy = std::make_unique<std::uint8_t[]>(encoded.size());  // reading past its end is seen
  std::copy(encoded.begin(), encoded.end(), copy.get());
  const auto status = bound->v->decode(bound, {copy.get(), encoded.size()}, array.abi(), call);
  std::fill_n(copy.get(), encoded.size(), std::uint8_t{0xEE});  // strings must not point into it
  INFO("decode: " << call.message());
  CHECK(array.gaps_untouched());
  if (wanted != nullptr) {
    REQUIRE(status == ZEO_OK);
    CHECK((array.elements() == *wanted));
  } else if (status != ZEO_OK) {
    CHECK((status == ZEO_CORRUPT || status == ZEO_NO_MEMORY));
    if (status == ZEO_CORRUPT) CHECK_FALSE(call.message().empty());
  }
}

/// Reads boxes by plans, from the encoded value in memory, as a host does. Raw pieces only: chains need a host.
inline void test_read_plans(const zeo_bound_codec* bound, const Octets& encoded, const BenchArray& decoded,
                            std::mt19937_64& random) {
  const auto& shape = decoded.shape();
  const auto& info = decoded.type().info_;
  for (int round = 0; round < 30; ++round) {
    Shape origin, extent, step;
    for (const auto length : shape) {
      origin.push_back(random() % length);
      step.push_back(1 + random() % 3);
      extent.push_back(1 + random() % ((length - origin.back() + step.back() - 1) / step.back()));
    }
    const zeo_box box{origin.data(), extent.data(), round % 2 == 0 ? nullptr : step.data()};
    if (box.step == nullptr) step.assign(step.size(), 1);
    for (std::size_t i = 0; i < shape.size(); ++i) extent[i] = std::min(extent[i], shape[i] - origin[i]);
    BenchCall call;
    zeo_plan* made = nullptr;
    const auto status = bound->v->read_plan(bound, &box, &made, call);
    const Object<zeo_plan> plan(made);
    if (status == ZEO_UNSUPPORTED) continue;
    REQUIRE(status == ZEO_OK);

    BenchArray filled(decoded.type(), shape);
    std::vector<bool> covered(count(shape), false);
    std::uint64_t fetched = 0;
    std::vector<zeo_got> got;
    for (int advances = 0;; ++advances) {
      REQUIRE(advances < 100);
      zeo_wants wants{};
      wants.struct_size = sizeof wants;
      const auto advanced = plan->v->advance(plan.get(), got.data(), got.size(), &wants, call);
      INFO(call.message());
      REQUIRE(advanced == ZEO_OK);
      got.clear();
      if (wants.kind == ZEO_WANTS_DONE) break;
      if (wants.kind == ZEO_WANTS_RANGES) {
        for (std::uint64_t i = 0; i < wants.n; ++i) {
          const auto range = wants.ranges[i];
          const auto offset = range.offset == ZEOLITE_SUFFIX ? encoded.size() - range.length : range.offset;
          const auto length = range.length == ZEOLITE_REST ? encoded.size() - offset : range.length;
          REQUIRE((offset <= encoded.size() && length <= encoded.size() - offset));
          got.push_back({{encoded.data() + offset, length}, encoded.size(), 1, 0});
        }
        continue;
      }
      REQUIRE(wants.kind == ZEO_WANTS_PIECES);
      for (std::uint64_t i = 0; i < wants.n; ++i) {
        const auto& piece = wants.pieces[i];
        if (piece.kind != ZEO_PIECE_RAW) return;
        const Shape first(piece.origin, piece.origin + shape.size()), lengths(piece.shape, piece.shape + shape.size());
        REQUIRE(piece.range.length == count(lengths) * info.item_bytes);
        REQUIRE((piece.range.offset <= encoded.size() && piece.range.length <= encoded.size() - piece.range.offset));
        fetched += piece.range.length;
        const auto* from = encoded.data() + piece.range.offset;
        auto at = first;
        for (std::uint64_t n = count(lengths); n > 0; --n, from += info.item_bytes) {
          std::uint64_t index = 0;
          for (std::size_t axis = 0; axis < at.size(); ++axis) {
            REQUIRE(at[axis] < shape[axis]);
            index = index * shape[axis] + at[axis];
          }
          covered[index] = true;
          auto* const slot = filled.slot(at);
          std::memcpy(slot, from, info.item_bytes);
          if ((piece.flags & ZEO_PIECE_SWAPPED) != 0) {
            REQUIRE(info.swap_unit > 1);
            REQUIRE(info.swap_unit != ZEOLITE_SWAP_MIXED);
            for (std::uint64_t k = 0; k < info.item_bytes; k += info.swap_unit) {
              std::reverse(slot + k, slot + k + info.swap_unit);
            }
          }
          for (auto axis = at.size(); axis-- > 0 && ++at[axis] == first[axis] + lengths[axis];) at[axis] = first[axis];
        }
      }
    }
    CHECK(fetched <= encoded.size());
    auto at = Shape(shape.size(), 0);
    auto wrong = 0;
    for (std::uint64_t n = count(extent); n > 0; --n) {
      Shape place(shape.size());
      std::uint64_t index = 0;
      for (std::size_t axis = 0; axis < at.size(); ++axis) {
        place[axis] = origin[axis] + at[axis] * step[axis];
        index = index * shape[axis] + place[axis];
      }
      if (!covered[index] || filled.element(filled.slot(place)) != decoded.element(decoded.slot(place))) ++wrong;
      for (auto axis = at.size(); axis-- > 0 && ++at[axis] == extent[axis];) at[axis] = 0;
    }
    CHECK(wrong == 0);
  }
}

inline void test_array_bytes_shape(const BenchCodec& codec, const BenchType& type, const Shape& shape,
                                   std::mt19937_64& random) {
  const BenchRepresentation representation(type, shape);
  const auto bound = codec.bind(representation);
  const auto info = describe(bound.get());
  if (bound->v->encode == nullptr) return;  // plans only: they need a host with chains
  const auto strided = (info.flags & ZEO_CODEC_STRIDED) != 0;
  for (const auto content : {Content::same, Content::regular, Content::random}) {
    const auto elements = random_elements(type, count(shape), content, random);
    BenchArray decoded(type, shape);
    decoded.assign(elements);
    const auto encoded = checked_encode(bound.get(), decoded);
    if ((info.flags & (ZEO_CODEC_IDENTITY | ZEO_CODEC_SWAPPED)) != 0) {
      std::string all;
      for (const auto& element : elements) all += element;
      const auto unit = (info.flags & ZEO_CODEC_SWAPPED) != 0 ? type.info_.swap_unit : 0;
      REQUIRE(unit != ZEOLITE_SWAP_MIXED);
      for (std::size_t i = 0; unit > 1 && i < all.size(); i += unit) {
        std::reverse(all.data() + i, all.data() + i + unit);
      }
      CHECK((std::string(encoded.begin(), encoded.end()) == all));
    }
    for (const auto layout : {Layout::contiguous, Layout::gaps, Layout::backwards}) {
      if (layout != Layout::contiguous && !strided) continue;
      INFO("layout " << static_cast<int>(layout) << ", content " << static_cast<int>(content));
      BenchArray again(type, shape, layout), source(type, shape, layout);
      checked_decode(bound.get(), encoded, again, &elements);
      source.assign(elements);
      CHECK((checked_encode(bound.get(), source) == encoded));
    }
    if (content == Content::random && !decoded.variable() && bound->v->read_plan != nullptr) {
      test_read_plans(bound.get(), encoded, decoded, random);
    }
    if (content == Content::same || count(shape) > 100) continue;
    for_each_damage(encoded, random, [&](const Octets& damaged, const char* what) {
      INFO(what);
      BenchArray array(type, shape, strided ? Layout::gaps : Layout::contiguous, 100000);
      const LargestAllocation allocation;
      checked_decode(bound.get(), damaged, array, nullptr);
      CHECK(allocation.largest() < std::size_t{1} << 20);
    });
    BenchArray array(type, shape);
    const CancelledCall cancelled;
    const auto status = bound->v->decode(bound.get(), bytes(encoded), array.abi(), cancelled);
    CHECK((status == ZEO_CANCELLED || (status == ZEO_OK && array.elements() == elements)));
  }
}

inline void test_array_bytes_codec(const BenchCodec& codec, const CodecCase& the_case, std::mt19937_64& random) {
  require_types(the_case);
  for (const auto& name : the_case.types) {
    for (const auto& shape : the_case.shapes) {
      INFO("type " << name << ", shape " << Catch::StringMaker<Shape>::convert(shape));
      test_array_bytes_shape(codec, BenchType::named(name), shape, random);
    }
  }
  for (const auto& name : the_case.refused_types) {
    INFO("type " << name);
    codec.refusal(BenchRepresentation(BenchType::named(name), {3}));
  }
  codec.refusal(BenchRepresentation(100, true));
}

}  // namespace zeolite::testing
