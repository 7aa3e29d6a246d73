// SPDX-License-Identifier: Apache-2.0
//
// The suite's part for bytes->bytes codecs.
#pragma once

#include <zeolite/testing/codec_suite/case.hpp>

namespace zeolite::testing {

/// The encoded form of `decoded`, the same whatever output it is written to, and within what the codec declared.
inline Octets checked_encode(const zeo_bound_codec* bound, const Octets& decoded) {
  const auto info = describe(bound);
  const auto& declared = *info.encoded;
  CHECK(declared.kind == ZEO_REPRESENTATION_BYTES);
  Octets first;
  const auto encode = [&](PresetOut& out, const char* how) {
    BenchCall call;
    const auto status = bound->v->encode_bytes(bound, bytes(decoded), out.abi(), call);
    INFO("encode " << decoded.size() << " bytes, " << how << ": " << call.message());
    REQUIRE(status == ZEO_OK);
    CHECK(out.guards_untouched());
    return out.octets();
  };
  PresetOut growing(0, UINT64_MAX);
  first = encode(growing, "into nothing that grows");
  CHECK(first.size() <= declared.max_bytes);
  if (declared.exact != 0) CHECK(first.size() == declared.max_bytes);
  PresetOut small(first.size() / 2, UINT64_MAX);
  CHECK((encode(small, "into too little that grows") == first));
  if (declared.max_bytes != UINT64_MAX) {
    PresetOut exact(declared.max_bytes);
    CHECK((encode(exact, "into the declared size") == first));
  }
  PresetOut appending(10, UINT64_MAX);
  std::copy_n("abc", 3, appending.abi()->data);
  appending.abi()->size = 3;
  auto whole = encode(appending, "behind other bytes");
  REQUIRE(whole.size() == first.size() + 3);
  CHECK(std::string(whole.begin(), whole.begin() + 3) == "abc");
  return first;
}

/// Decodes into `out` and fails the test unless `decoded` comes out, or unless `decoded` is null and nothing bad
/// happens: an error with a reason, or a value that `bound` may have.
inline void checked_decode(const zeo_bound_codec* bound, const BenchRepresentation& representation,
                           const Octets& encoded, PresetOut& out, const Octets* decoded) {
  BenchCall call;
  // In memory of its own size, so that reading past its end is seen.
  const auto copy = std::make_unique<std::uint8_t[]>(encoded.size());
  std::copy(encoded.begin(), encoded.end(), copy.get());
  const auto status = bound->v->decode_bytes(bound, {copy.get(), encoded.size()}, out.abi(), call);
  INFO("decode " << encoded.size() << " bytes: " << call.message());
  CHECK(out.guards_untouched());
  if (decoded != nullptr) {
    REQUIRE(status == ZEO_OK);
    CHECK((out.octets() == *decoded));
  } else if (status != ZEO_OK) {
    CHECK((status == ZEO_CORRUPT || status == ZEO_NO_MEMORY || status == ZEO_UNSUPPORTED));
    if (status == ZEO_CORRUPT) CHECK_FALSE(call.message().empty());
  } else {
    CHECK(out.size() <= representation.abi.max_bytes);
    if (representation.abi.exact != 0) CHECK(out.size() == representation.abi.max_bytes);
  }
}

inline void test_bytes_sizes(const BenchCodec& codec, std::mt19937_64& random) {
  for (const std::size_t size : {0u, 1u, 2u, 3u, 7u, 16u, 255u, 256u, 1000u, 4096u, 65537u, 1000003u}) {
    for (const auto content : {Content::same, Content::regular, Content::random}) {
      INFO("size " << size << ", content " << static_cast<int>(content));
      const auto decoded = random_octets(size, content, random);
      const BenchRepresentation exact(size, true), at_most(size + 100, false), unknown(UINT64_MAX, false);
      const auto to_exact = codec.bind(exact), to_at_most = codec.bind(at_most), to_unknown = codec.bind(unknown);
      const auto encoded = checked_encode(to_exact.get(), decoded);
      CHECK(encoded.size() <= describe(to_at_most.get()).encoded->max_bytes);
      CHECK(describe(to_unknown.get()).encoded->exact == 0);

      PresetOut preset(size), nothing(0, size), growing(0, UINT64_MAX);
      checked_decode(to_exact.get(), exact, encoded, preset, &decoded);
      checked_decode(to_exact.get(), exact, encoded, nothing, &decoded);
      checked_decode(to_unknown.get(), unknown, encoded, growing, &decoded);
      PresetOut bounded(0, size + 100), roomy(size + 5, UINT64_MAX);
      checked_decode(to_at_most.get(), at_most, encoded, bounded, &decoded);
      checked_decode(to_unknown.get(), unknown, encoded, roomy, &decoded);
    }
  }
}

/// A value that decodes to anything but the known size is corrupt, and nothing is written or allocated beyond that
/// size.
inline void test_bytes_wrong_sizes(const BenchCodec& codec, std::mt19937_64& random) {
  const BenchRepresentation big(4000000, true), small(1000, true), bigger(4000001, true), unknown(UINT64_MAX, false);
  const auto encoded = checked_encode(codec.bind(big).get(), random_octets(4000000, Content::same, random));
  const auto check_refused = [&](const BenchRepresentation& representation, std::uint64_t capacity, std::uint64_t limit,
                                 zeo_status wanted) {
    const auto bound = codec.bind(representation);
    PresetOut out(capacity, limit);
    BenchCall call;
    CHECK(bound->v->decode_bytes(bound.get(), bytes(encoded), out.abi(), call) == wanted);
    CHECK(out.guards_untouched());
    if (wanted == ZEO_CORRUPT) CHECK_FALSE(call.message().empty());
  };
  check_refused(small, 1000, 1000, ZEO_CORRUPT);
  check_refused(bigger, 4000001, 4000001, ZEO_CORRUPT);
  check_refused(unknown, 0, 100000, ZEO_NO_MEMORY);  // past the host's limit, which need not be the value's fault
}

inline void test_bytes_damage(const BenchCodec& codec, std::mt19937_64& random) {
  for (const std::size_t size : {1u, 300u, 20000u}) {
    for (const auto content : {Content::regular, Content::random}) {
      const BenchRepresentation exact(size, true), unknown(UINT64_MAX, false);
      const auto to_exact = codec.bind(exact), to_unknown = codec.bind(unknown);
      const auto encoded = checked_encode(to_exact.get(), random_octets(size, content, random));
      for_each_damage(encoded, random, [&](const Octets& damaged, const char* what) {
        INFO(what);
        PresetOut preset(size), growing(0, 1000000);
        const LargestAllocation allocation;
        checked_decode(to_exact.get(), exact, damaged, preset, nullptr);
        checked_decode(to_unknown.get(), unknown, damaged, growing, nullptr);
        CHECK(allocation.largest() < std::size_t{200} << 20);  // a window of zstd's largest is 128 MiB
      });
    }
  }
}

inline void test_bytes_codec(const BenchCodec& codec, std::mt19937_64& random) {
  test_bytes_sizes(codec, random);
  test_bytes_wrong_sizes(codec, random);
  test_bytes_damage(codec, random);

  const BenchRepresentation exact(5000, true);
  const auto bound = codec.bind(exact);
  const auto decoded = random_octets(5000, Content::regular, random);
  const auto encoded = checked_encode(bound.get(), decoded);
  const CancelledCall cancelled;
  PresetOut out(5000), again(0, UINT64_MAX);
  const auto decoding = bound->v->decode_bytes(bound.get(), bytes(encoded), out.abi(), cancelled);
  CHECK((decoding == ZEO_CANCELLED || (decoding == ZEO_OK && out.octets() == decoded)));
  const auto encoding = bound->v->encode_bytes(bound.get(), bytes(decoded), again.abi(), cancelled);
  CHECK((encoding == ZEO_CANCELLED || encoding == ZEO_OK));

  // Arrays are none of its business.
  codec.refusal(BenchRepresentation(BenchType::named("uint8"), {10}));
}

}  // namespace zeolite::testing
