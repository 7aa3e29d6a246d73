// SPDX-License-Identifier: Apache-2.0
//
// `zeolite info`: everything about one node, even where plugins are missing.
#include <algorithm>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>

#include <zeolite/json.hpp>

#include "describe.hpp"
#include "session.hpp"
#include "stored.hpp"
#include "stream.hpp"
#include "text.hpp"

namespace zeolite::tool {
namespace {

namespace json = boost::json;

struct Options {
  NodeLocation node;
  bool chunks = false;
  bool runtime = false;
};

/// Collects what is told, once for people and once for programs.
class Report {
 public:
  void line(std::string_view label, std::string_view text) { text_ += fmt::format("{:<14}{}\n", label, text); }
  std::string& text() { return text_; }
  json::object& data() { return data_; }

 private:
  std::string text_;
  json::object data_;
};

void add_parts(Report& report, const Array& array) {
  json::array list;
  Point previous{};
  for (const auto& part : parts_of(array)) {
    const auto point = zeolite::to_string(part.point);
    auto object = json::object{{"point", point}, {"depth", part.depth}};
    object["extension"] = zeolite::to_json(part.extension);
    object["plugin"] = part.plugin.empty() ? json::value() : json::value(part.plugin);
    if (!part.missing.empty()) object["missing"] = part.missing;
    list.push_back(std::move(object));

    auto label = std::string(point);
    std::replace(label.begin(), label.end(), '_', ' ');
    if (part.point == Point::chunk_key_encoding) label = "chunk keys";
    if (part.point == Point::storage_transformer) label = "transformer";
    const auto provider =
        part.missing.empty() ? "plugin " + printable(part.plugin) : "missing: " + printable(part.missing);
    const bool again = part.point == previous;
    report.line(again ? "" : label,
                fmt::format("{}{}  ({})", std::string(2 * part.depth, ' '), to_line(part.extension), provider));
    previous = part.point;
  }
  report.data()["extensions"] = std::move(list);
}

/// How many units the grid makes, and how many of them are stored.
void add_units(Report& report, const Array& array, bool count_stored) {
  const auto inner = inner_chunk_shape(array.metadata());
  const std::string_view unit = inner ? "shard" : "chunk";
  const auto units = std::string(unit) + "s";
  if (const auto stored = chunk_shape(array.metadata())) {
    report.line(inner ? "shard shape" : "chunk shape", to_text(*stored));
  }
  if (inner) report.line("chunk shape", to_text(*inner));
  add_shapes(report.data(), array.metadata());
  json::object data;
  try {
    const auto counts = array.chunk_counts();
    const auto total = count_elements(counts);
    data["counts"] = json::value_from(counts);
    report.line(units, fmt::format("{} = {}", to_text(counts), total));
  } catch (const Error& error) {
    data["unknown"] = error.what();
    report.line(units, fmt::format("unknown: {}", printable(error.what())));
  }
  if (count_stored) {
    const auto stored = count_stored_chunks(array);
    data["stored"] = stored.chunks;
    data["stored_bytes"] = stored.bytes;
    report.line("stored", fmt::format("{} {}{}, {}", stored.chunks, unit, stored.chunks == 1 ? "" : "s",
                                      human_bytes(stored.bytes)));
  }
  report.data()["grid"] = std::move(data);
}

void add_array(Report& report, const Array& array, bool count_stored) {
  const auto& metadata = array.metadata();
  report.line("kind", fmt::format("array, Zarr version {}", metadata.zarr_format));
  report.line("shape", to_text(metadata.shape));
  add_parts(report, array);
  report.line("fill value", zeolite::to_text(metadata.fill_value));
  if (!metadata.dimension_names.empty()) {
    std::string names;
    for (const auto& name : metadata.dimension_names) {
      names += (names.empty() ? "" : ", ") + (name ? printable(*name) : std::string("-"));
    }
    report.line("dimensions", names);
  }
  add_units(report, array, count_stored);
  const bool usable = array.unusable().empty();
  report.line("readable", usable ? "yes" : "no: " + printable(array.unusable()));
  report.data()["kind"] = "array";
  report.data()["usable"] = usable;
  if (!usable) report.data()["unusable"] = array.unusable();
  report.data()["metadata"] = tool::to_json(metadata);
}

void add_group(Report& report, const Group& group) {
  const auto members = group.members();
  const auto arrays = std::count_if(members.begin(), members.end(), [](const NodeName& name) { return name.is_array; });
  const auto groups = static_cast<std::ptrdiff_t>(members.size()) - arrays;
  report.line("kind", fmt::format("group, Zarr version {}", group.metadata().zarr_format));
  report.line("members",
              fmt::format("{} array{}, {} group{}", arrays, arrays == 1 ? "" : "s", groups, groups == 1 ? "" : "s"));
  report.data()["kind"] = "group";
  report.data()["arrays"] = arrays;
  report.data()["groups"] = groups;
  report.data()["metadata"] = tool::to_json(group.metadata());
}

void add_node(Report& report, const Context& context, const Options& options) {
  const auto node = options.node.open(context);
  report.line("location", printable(options.node.location));
  report.data()["location"] = options.node.location;
  if (!options.node.path.empty()) {
    report.line("path", printable(options.node.path));
    report.data()["path"] = options.node.path;
  }
  const auto& attributes =
      std::visit([](const auto& n) -> const json::object& { return n.metadata().attributes; }, node);
  const auto& additional =
      std::visit([](const auto& n) -> const json::object& { return n.metadata().additional; }, node);
  if (const auto* const array = std::get_if<Array>(&node)) {
    add_array(report, *array, options.chunks);
  } else {
    add_group(report, std::get<Group>(node));
  }
  for (const auto& [key, value] : additional) {
    report.line("also", fmt::format("{} {}", printable(std::string_view(key)), zeolite::to_text(value)));
  }
  if (!attributes.empty()) report.text() += "attributes    " + to_indented_text(attributes);
}

void add_runtime(Report& report, const Context& context) {
  const auto& options = context.options();
  const auto runtime = context.runtime();
  const auto plugins = context.registry().plugins();
  // Asking for a name that cannot exist tells where names are searched.
  const auto searched = context.registry().explain(Point::codec, "-").searched;
  report.line("version", ZEOLITE_VERSION);
  report.line("contract", fmt::format("{}.{}", int{ZEO_ABI_MAJOR}, int{ZEO_ABI_MINOR}));
  report.line("threads", fmt::format("{} beside the caller", runtime.threads));
  report.line("working", fmt::format("up to {} for chunks under way", human_bytes(runtime.working_bytes)));
  report.line("chunks", fmt::format("up to {}", human_bytes(options.max_chunk_bytes)));
  report.line("indexes", fmt::format("up to {} kept", human_bytes(options.index_cache_bytes)));
  report.line("stores", fmt::format("up to {} threads for each that blocks long", options.store_threads));
  report.line("gaps", options.merge_gap_bytes ? fmt::format("below {} are read along", *options.merge_gap_bytes)
                                              : "as each store finds best");
  report.line("pages", runtime.huge_pages ? "huge" : "small: the system gives no huge ones");
  report.line("plugins", fmt::format("{} found", plugins.size()));
  for (const auto& place : searched) report.line(&place == searched.data() ? "searched" : "", printable(place));
  report.data()["runtime"] = json::object{{"version", ZEOLITE_VERSION},
                                          {"abi_major", int{ZEO_ABI_MAJOR}},
                                          {"abi_minor", int{ZEO_ABI_MINOR}},
                                          {"threads", runtime.threads},
                                          {"working_bytes", runtime.working_bytes},
                                          {"max_chunk_bytes", options.max_chunk_bytes},
                                          {"huge_pages", runtime.huge_pages},
                                          {"store_threads", options.store_threads},
                                          {"index_cache_bytes", options.index_cache_bytes},
                                          {"merge_gap_bytes", json::value_from(options.merge_gap_bytes)},
                                          {"plugins", plugins.size()},
                                          {"searched", json::value_from(searched)}};
}

void info(const Globals& globals, const Options& options) {
  const auto context = make_context(globals);
  Report report;
  if (!options.node.location.empty()) add_node(report, context, options);
  if (options.runtime) add_runtime(report, context);
  Output output;
  output.write(globals.json ? to_indented_text(report.data()) : report.text());
  output.close();
}

}  // namespace

void add_info(CLI::App& app, const Globals& globals, Action& action) {
  auto* const command =
      app.add_subcommand("info", "Tell everything about an array or a group, even where plugins are missing");
  const auto options = std::make_shared<Options>();
  options->node.declare(*command, "The node, which may be left out with --runtime");
  command->add_flag("--chunks", options->chunks, "Count the chunks that are stored, by listing the store");
  command->add_flag("--runtime", options->runtime,
                    "Tell about this program too: threads, limits, where plugins are searched");
  command->footer(
      "Examples:\n"
      "  zeolite info data.zarr/temperature --chunks\n"
      "  zeolite info --runtime --json");
  command->callback([&globals, &action, options] {
    if (options->node.location.empty() && !options->runtime) throw CLI::RequiredError("LOCATION or --runtime");
    action = [&globals, options] { info(globals, *options); };
  });
}

}  // namespace zeolite::tool
