// SPDX-License-Identifier: Apache-2.0
//
// Values that other implementations have encoded: folders of pairs array.NN.npy and codec.NN/encoded.MM.dat.
#pragma once

#include <fmt/format.h>

#include <zeolite/testing/codec_suite/bytes_bytes.hpp>
#include <zeolite/testing/foreign_data.hpp>

namespace zeolite::testing {

/// The elements in a file of NumPy's format, without its header.
inline Octets npy_elements(const std::string& file) {
  REQUIRE(file.substr(0, 6) == "\x93NUMPY");
  const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<std::uint8_t>(file.at(at))); };
  const auto start = byte(6) == 1 ? 10 + byte(8) + (byte(9) << 8)
                                  : 12 + byte(8) + (byte(9) << 8) + (byte(10) << 16) + (byte(11) << 24);
  return {file.begin() + static_cast<std::ptrdiff_t>(start), file.end()};
}

/// Creates the codec from its version 2 form and decodes every pair below `folder`, of which there must be so many.
/// Skips the test case when there is no folder of foreign data at all.
inline void test_foreign_values(const PluginLibrary& library, std::string_view name, const std::string& folder,
                                unsigned wanted) {
  const auto data = foreign_data();
  if (!data) return;
  unsigned pairs = 0;
  for (int codec_number = 0; codec_number < 100; ++codec_number) {
    const auto codec_folder = folder + fmt::format("/codec.{:02}", codec_number);
    if (!std::filesystem::exists(*data / codec_folder)) break;
    const auto config = foreign_file(codec_folder + "/config.json");
    const auto& factory = library.factory(name);
    BenchCall call;
    BenchOut v3;
    const auto v2 = fmt::format(R"({{"codec":{},"dtype":"<f8"}})", *config);
    INFO(codec_folder << " " << *config);
    REQUIRE(factory.from_v2 != nullptr);
    REQUIRE(factory.from_v2(&factory, str(v2), v3, call) == ZEO_OK);
    const auto form = boost::json::parse(v3.text()).as_object();
    CHECK(form.at("name").as_string() == factory.name);
    const BenchCodec codec(library, name, boost::json::serialize(form.at("configuration")));
    for (int number = 0; number < 100; ++number) {
      const auto file = codec_folder + fmt::format("/encoded.{:02}.dat", number);
      if (!std::filesystem::exists(*data / file)) break;
      const auto encoded = foreign_file(file);
      const auto array = foreign_file(folder + fmt::format("/array.{:02}.npy", number));
      INFO("pair " << number);
      const auto decoded = npy_elements(*array);
      const BenchRepresentation exact(decoded.size(), true), unknown(UINT64_MAX, false);
      PresetOut preset(decoded.size()), growing(0, UINT64_MAX);
      const Octets value(encoded->begin(), encoded->end());
      checked_decode(codec.bind(exact).get(), exact, value, preset, &decoded);
      checked_decode(codec.bind(unknown).get(), unknown, value, growing, &decoded);
      ++pairs;
    }
  }
  CHECK(pairs == wanted);
}

}  // namespace zeolite::testing
