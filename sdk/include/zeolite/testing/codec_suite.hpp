// SPDX-License-Identifier: Apache-2.0
//
// Conformance suite for codecs of all three kinds: what zeo_codec and zeo_bound_codec promise, whatever the codec.
//
//   TEST_CASE("zip keeps the contract") {
//     test_codec(PluginLibrary("zeolite_codec_zip"),
//                {.name = "zip", .configurations = {"{}", R"({"level":9})"}, .refused = {R"({"level":10})"}});
//   }
//   TEST_CASE("zip works from many threads", "[threads]") {
//     test_codec_threads(PluginLibrary("zeolite_codec_zip"), {.name = "zip"});
//   }
//
// Random contents start from ZEOLITE_TEST_SEED. A codec's own test adds what its format promises beyond that.
#pragma once

#include <zeolite/testing/codec_suite/array_bytes.hpp>
#include <zeolite/testing/codec_suite/arrays.hpp>
#include <zeolite/testing/codec_suite/bytes_bytes.hpp>
#include <zeolite/testing/codec_suite/fixtures.hpp>

namespace zeolite::testing {

/// Configurations: what is accepted writes itself back, what is wrong or unknown is refused.
inline void test_codec_configurations(const PluginLibrary& library, const CodecCase& the_case) {
  for (const auto& configuration : the_case.configurations) {
    INFO("configuration " << configuration);
    const BenchCodec codec(library, the_case.name, configuration);
    const auto written = check_configuration(library, the_case.name, codec.abi());
    auto members = boost::json::parse(written).as_object();
    members["no_such_member"] = 1;
    const auto reason = library.refusal<zeo_codec>(the_case.name, boost::json::serialize(members));
    CHECK(reason.find("no_such_member") != std::string::npos);
  }
  for (const auto& configuration : the_case.refused) library.refusal<zeo_codec>(the_case.name, configuration);
  for (const auto* text : {"", "[]", "null", "{", "{\"a\":1}"}) library.refusal<zeo_codec>(the_case.name, text);
}

/// Everything but the checks that need threads.
inline void test_codec(const PluginLibrary& library, const CodecCase& the_case) {
  test_codec_configurations(library, the_case);
  std::mt19937_64 random(test_seed());
  for (const auto& configuration : the_case.configurations) {
    INFO(the_case.name << " " << configuration << ", seed " << test_seed());
    const BenchCodec codec(library, the_case.name, configuration);
    switch (codec.kind()) {
      case ZEO_BYTES_TO_BYTES: test_bytes_codec(codec, random); break;
      case ZEO_ARRAY_TO_BYTES: test_array_bytes_codec(codec, the_case, random); break;
      case ZEO_ARRAY_TO_ARRAY: test_array_codec(codec, the_case, random); break;
      default: FAIL("kind " << codec.kind() << " is none of the three");
    }
  }
}

/// One bound codec used by eight threads at once. Tag the test case [threads], so that the thread sanitizer runs it.
inline void test_codec_threads(const PluginLibrary& library, const CodecCase& the_case) {
  const BenchCodec codec(library, the_case.name, the_case.configurations.at(0));
  std::atomic<int> wrong = 0;  // Catch's own checks are for one thread
  if (codec.kind() == ZEO_BYTES_TO_BYTES) {
    const BenchRepresentation representation(20000, true);
    const auto bound = codec.bind(representation);
    in_threads([&](unsigned number) {
      std::mt19937_64 random(test_seed() + number);
      for (int round = 0; round < 20; ++round) {
        const auto decoded = random_octets(20000, static_cast<Content>(round % 3), random);
        PresetOut encoded(0, UINT64_MAX), again(decoded.size());
        BenchCall call;
        const auto fine = bound->v->encode_bytes(bound.get(), bytes(decoded), encoded.abi(), call) == ZEO_OK &&
                          bound->v->decode_bytes(bound.get(), bytes(encoded.octets()), again.abi(), call) == ZEO_OK &&
                          again.octets() == decoded;
        if (!fine) ++wrong;
      }
    });
  } else if (codec.kind() == ZEO_ARRAY_TO_BYTES) {
    require_types(the_case);
    const auto& type = BenchType::named(the_case.types[0]);
    const BenchRepresentation representation(type, {30, 20});
    const auto bound = codec.bind(representation);
    if (bound->v->encode == nullptr) return;
    in_threads([&](unsigned number) {
      std::mt19937_64 random(test_seed() + number);
      for (int round = 0; round < 20; ++round) {
        BenchArray decoded(type, {30, 20}), again(type, {30, 20});
        decoded.assign(random_elements(type, 600, static_cast<Content>(round % 3), random));
        PresetOut encoded(0, UINT64_MAX);
        BenchCall call;
        const auto fine = bound->v->encode(bound.get(), decoded.abi(), encoded.abi(), call) == ZEO_OK &&
                          bound->v->decode(bound.get(), bytes(encoded.octets()), again.abi(), call) == ZEO_OK &&
                          again.elements() == decoded.elements();
        if (!fine) ++wrong;
      }
    });
  } else {
    require_types(the_case);
    const auto& type = BenchType::named(the_case.types[0]);
    const BenchRepresentation representation(type, {30, 20});
    const auto bound = codec.bind(representation);
    const auto info = describe(bound.get());
    const BenchType encoded_type(*info.encoded->data_type);
    const Shape to(info.encoded->shape, info.encoded->shape + info.encoded->ndim);
    in_threads([&](unsigned number) {
      std::mt19937_64 random(test_seed() + number);
      for (int round = 0; round < 20; ++round) {
        BenchArray decoded(type, {30, 20}), again(type, {30, 20}), encoded(encoded_type, to);
        decoded.assign(random_elements(type, 600, static_cast<Content>(round % 3), random));
        BenchCall call;
        bool fine = true;
        if (bound->v->view != nullptr) {
          Shape shape(ZEO_MAX_NDIM);
          std::vector<std::int64_t> strides(ZEO_MAX_NDIM);
          zeo_array seen{};
          seen.struct_size = sizeof seen;
          seen.shape = shape.data();
          seen.strides_bytes = strides.data();
          fine = bound->v->view(bound.get(), decoded.abi(), &seen, call) == ZEO_OK && seen.ndim == to.size() &&
                 std::equal(to.begin(), to.end(), shape.begin());
        }
        if (bound->v->encode_array != nullptr) {
          fine = fine && bound->v->encode_array(bound.get(), decoded.abi(), encoded.abi(), call) == ZEO_OK &&
                 bound->v->decode_array(bound.get(), encoded.abi(), again.abi(), call) == ZEO_OK &&
                 again.elements() == decoded.elements();
        }
        if (!fine) ++wrong;
      }
    });
  }
  CHECK(wrong == 0);
}

}  // namespace zeolite::testing
