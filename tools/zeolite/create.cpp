// SPDX-License-Identifier: Apache-2.0
//
// `zeolite create`: a new array or group.
#include <algorithm>
#include <memory>
#include <type_traits>

#include <fmt/format.h>
#include <boost/json/object.hpp>

#include <zeolite/json.hpp>

#include "describe.hpp"
#include "session.hpp"
#include "stream.hpp"
#include "text.hpp"

namespace zeolite::tool {
namespace {

constexpr std::uint64_t max_document_bytes = std::uint64_t{64} << 20;

struct Options {
  std::string location, path, metadata;
  std::string shape, chunks, shards, data_type, fill, attributes, grid, key_encoding, dimension_names;
  std::vector<std::string> codecs, transformers;
  bool group = false;
  bool overwrite = false;
};

boost::json::object parse_attributes(const std::string& text) {
  if (text.empty()) return {};
  const auto json = parse_json_argument(text, "--attributes");
  const auto* const object = json.if_object();
  if (object == nullptr) throw UsageError("--attributes: a JSON object is needed");
  return *object;
}

/// "x,y,": the last axis has no name; or a JSON list of strings and nulls.
std::vector<std::optional<std::string>> parse_dimension_names(const std::string& text) {
  std::vector<std::optional<std::string>> names;
  if (text.empty()) return names;
  if (!text.starts_with('[')) {
    for (std::size_t begin = 0;;) {
      const auto comma = std::min(text.find(',', begin), text.size());
      const auto name = text.substr(begin, comma - begin);
      names.push_back(name.empty() ? std::nullopt : std::optional(name));
      if (comma == text.size()) return names;
      begin = comma + 1;
    }
  }
  const auto json = parse_json_argument(text, "--dimension-names");
  for (const auto& name : json.as_array()) {
    if (!name.is_string() && !name.is_null()) throw UsageError("--dimension-names: strings and nulls are needed");
    names.push_back(name.is_null() ? std::nullopt : std::optional(std::string(name.get_string())));
  }
  return names;
}

ArrayOptions array_options(const Options& given) {
  ArrayOptions options;
  options.shape = parse_shape(given.shape, "--shape");
  if (!given.chunks.empty()) options.chunk_shape = parse_shape(given.chunks, "--chunks");
  if (!given.shards.empty()) options.shard_shape = parse_shape(given.shards, "--shards");
  options.data_type = parse_extension_argument(given.data_type, "--dtype");
  if (!given.fill.empty()) options.fill_value = parse_json_argument(given.fill, "--fill");
  for (const auto& codec : given.codecs) options.codecs.push_back(parse_extension_argument(codec, "--codec"));
  if (!given.grid.empty()) options.chunk_grid = parse_extension_argument(given.grid, "--grid");
  if (!given.key_encoding.empty()) {
    options.chunk_key_encoding = parse_extension_argument(given.key_encoding, "--key-encoding");
  }
  for (const auto& transformer : given.transformers) {
    options.storage_transformers.push_back(parse_extension_argument(transformer, "--transformer"));
  }
  options.dimension_names = parse_dimension_names(given.dimension_names);
  options.attributes = parse_attributes(given.attributes);
  options.overwrite = given.overwrite;
  return options;
}

Node create(const Context& context, const Options& given) {
  if (!given.metadata.empty()) {
    const auto document = Input(given.metadata).read_all(max_document_bytes);
    return create_node(Store::open(context, given.location), given.path, document, given.overwrite);
  }
  // What is wrong with the request is said before a store is made.
  if (given.group) {
    const GroupOptions options{parse_attributes(given.attributes), given.overwrite};
    return create_group(Store::open(context, given.location), given.path, options);
  }
  const auto options = array_options(given);
  return create_array(Store::open(context, given.location), given.path, options);
}

}  // namespace

void add_create(CLI::App& app, const Globals& globals, Action& action) {
  auto* const command = app.add_subcommand("create", "Make a new array or group");
  const auto options = std::make_shared<Options>();
  command->add_option("LOCATION", options->location, "Where it goes: a path or a URL")->required();
  command->add_option("--path", options->path,
                      "A node below LOCATION, such as a/b; groups that are missing on the way are made");
  command->add_flag("--group", options->group, "Make a group, not an array");
  command
      ->add_option("--metadata", options->metadata,
                   "Make what a whole zarr.json document in this file says; - is standard input")
      ->type_name("FILE");
  command->add_option("--attributes", options->attributes, "A JSON object")->type_name("JSON");
  command->add_flag("--overwrite", options->overwrite, "Replace the node that is there, and everything below it");

  std::vector<CLI::Option*> array_only;
  const auto add = [&](const std::string& name, const char* type, auto& value, const std::string& help) {
    array_only.push_back(command->add_option(name, value, help)->group("Arrays")->type_name(type));
    if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
      array_only.back()->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  };
  add("--shape", "LENGTHS", options->shape, "The lengths of its axes: 100,100; [] for an array without axes");
  add("--dtype", "NAME|JSON", options->data_type, "The data type; `zeolite plugin list` shows what there is");
  add("--chunks", "LENGTHS", options->chunks, "The shape of the smallest unit that is read; left out: chosen");
  add("--shards", "LENGTHS", options->shards,
      "The shape of the unit stored under one key, a multiple of --chunks; left out: no shards");
  add("--codec", "NAME|JSON", options->codecs,
      "Repeat for a chain, in the order of encoding; left out: the type's own");
  add("--fill", "JSON", options->fill, "The fill value, as in metadata: 0, -1.5, '\"NaN\"'");
  add("--dimension-names", "NAMES|JSON", options->dimension_names, "x,y: one an axis, empty for none");
  add("--grid", "NAME|JSON", options->grid, "A chunk grid, instead of --chunks");
  add("--key-encoding", "NAME|JSON", options->key_encoding, "The chunk key encoding");
  add("--transformer", "NAME|JSON", options->transformers, "A storage transformer; repeat for several");

  command->footer(
      "Examples:\n"
      "  zeolite create t.zarr --shape 1000,1000 --dtype float32 --chunks 100,100 --shards 500,500 --codec zstd\n"
      "  zeolite create t.zarr --shape 100 --dtype uint8 --codec '{\"name\": \"gzip\", \"configuration\": {\"level\": "
      "9}}'\n"
      "  zeolite create project.zarr --path raw/day1 --group --attributes '{\"site\": \"north\"}'\n"
      "  zeolite create copy.zarr --metadata original.zarr/zarr.json\n"
      "With --json the metadata of the new node is printed, with everything that was chosen for it.");
  command->callback([&globals, &action, options, command, array_only] {
    const auto given = [&](const char* name) { return command->count(name) > 0; };
    if (given("--metadata") && (given("--group") || given("--attributes"))) {
      throw UsageError("--metadata says everything; it goes with neither --group nor --attributes");
    }
    const bool array = !given("--group") && !given("--metadata");
    for (const auto* const option : array_only) {
      if (array || option->count() == 0) continue;
      throw UsageError(option->get_name() + " goes with neither --group nor --metadata");
    }
    if (array && !(given("--shape") && given("--dtype"))) {
      throw UsageError("--shape and --dtype are needed, or --group, or --metadata");
    }
    action = [&globals, options] {
      const auto context = make_context(globals);
      const auto node = create(context, *options);
      if (!globals.json) return;
      Output output;
      output.write(to_indented_text(std::visit([](const auto& made) { return to_json(made.metadata()); }, node)));
      output.close();
    };
  });
}

}  // namespace zeolite::tool
