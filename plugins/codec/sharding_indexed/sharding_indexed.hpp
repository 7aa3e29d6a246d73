// SPDX-License-Identifier: Apache-2.0
//
// The codec "sharding_indexed": many inner chunks in one value, with an index to find them by.
// Source: https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/ (version 1.0).
//
//   {"name": "sharding_indexed", "configuration": {"chunk_shape": [32, 32], "codecs": [...], "index_codecs": [...],
//    "index_location": "end"}}
#pragma once

#include <algorithm>
#include <memory>

#include <zeolite/sdk/codec.hpp>

#include "read_plan.hpp"
#include "write_plan.hpp"

namespace zeolite::sharding_indexed {

/// Has plans only: the host fetches and codes what they ask for.
class BoundSharding final : public sdk::BoundArrayBytes {
 public:
  BoundSharding(const sdk::Host& host, const sdk::Representation& decoded, const Configuration& configuration,
                const sdk::Call& call)
      : shard_(host, decoded, configuration, call) {
    // max_bytes stays unknown: unused space between inner chunks is legal, so a shard may be as long as it likes.
    properties.whole = false;
    properties.read_plans = true;
    properties.write_plans = true;
    properties.piece_shape = shard_.piece_shape();
  }

  std::unique_ptr<sdk::Plan> read_plan(const sdk::Region& box, const sdk::Call&) const override {
    return std::make_unique<ReadPlan>(shard_, box);
  }

  std::unique_ptr<sdk::Plan> write_plan(const sdk::Region& box, const sdk::Call&) const override {
    return std::make_unique<WritePlan>(shard_, box);
  }

 private:
  const Shard shard_;
};

class ShardingIndexed final : public sdk::ArrayBytesCodec {
 public:
  static constexpr sdk::Names names{.name = "sharding_indexed", .aliases = {"@shard"}};

  void fields(sdk::Fields& f) override {
    f.required("chunk_shape", configuration_.chunk_shape)
        .must(std::count(configuration_.chunk_shape.begin(), configuration_.chunk_shape.end(), 0u) == 0,
              "must not hold 0");
    f.required("codecs", codecs_);
    if (f.name() == "@shard") {
      // Whoever asks for "a codec that shards" leaves the index to us. Metadata has to say how it is coded.
      f.optional("index_codecs", index_codecs_);
    } else {
      f.required("index_codecs", index_codecs_);
    }
    f.one_of("index_location", configuration_.index_location, {{"start", Location::start}, {"end", Location::end}});
  }

  void created(const sdk::Call&) override {
    configuration_.codecs = read_list("codecs", codecs_);
    configuration_.index_codecs = read_list("index_codecs", index_codecs_);
  }

  std::unique_ptr<sdk::BoundArrayBytes> bind(const sdk::Representation& decoded, const sdk::Call& call) const override {
    return std::make_unique<BoundSharding>(host(), decoded, configuration_, call);
  }

 private:
  /// A list of codecs, each of them spelled as an object: other implementations do not read short-hand names here.
  static sdk::json::array read_list(std::string_view member, sdk::json::value& value) {
    if (!value.is_array() || value.get_array().empty()) {
      throw sdk::invalid("member \"{}\" must be a list of codecs, at least one", member);
    }
    for (auto& codec : value.get_array()) {
      if (codec.is_string()) codec = sdk::json::object{{"name", codec}};
      if (!codec.is_object()) throw sdk::invalid("member \"{}\" must hold codecs: objects with a \"name\"", member);
    }
    return value.get_array();
  }

  Configuration configuration_;
  sdk::json::value codecs_;
  sdk::json::value index_codecs_ = {sdk::json::object{{"name", "bytes"}, {"configuration", {{"endian", "little"}}}},
                                    sdk::json::object{{"name", "crc32c"}}};
};

}  // namespace zeolite::sharding_indexed
