// SPDX-License-Identifier: Apache-2.0
//
// `zeolite plugin`: which plugins there are, what one of them offers, and why a name means what it means.
#include <array>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>

#include <zeolite/json.hpp>

#include "session.hpp"
#include "stream.hpp"
#include "text.hpp"

namespace zeolite::tool {
namespace {

constexpr std::array points = {Point::store,
                               Point::codec,
                               Point::data_type,
                               Point::chunk_grid,
                               Point::chunk_key_encoding,
                               Point::storage_transformer};

std::string name_of(Point point) { return std::string(zeolite::to_string(point)); }

std::string provides_line(const ProvidedName& provided) {
  auto line = fmt::format("{} {}", name_of(provided.point), printable(provided.name));
  if (!provided.aliases.empty())
    line += fmt::format(" (also {})", printable(fmt::format("{}", fmt::join(provided.aliases, ", "))));
  if (!provided.v2_ids.empty())
    line += fmt::format(" (version 2: {})", printable(fmt::format("{}", fmt::join(provided.v2_ids, ", "))));
  return line;
}

boost::json::object to_json(const PluginInfo& plugin) {
  boost::json::array provides;
  for (const auto& provided : plugin.provides) {
    provides.push_back({{"point", name_of(provided.point)},
                        {"name", provided.name},
                        {"aliases", boost::json::value_from(provided.aliases)},
                        {"v2_ids", boost::json::value_from(provided.v2_ids)}});
  }
  return {{"name", plugin.name},
          {"version", plugin.version},
          {"license", plugin.license},
          {"build", plugin.build},
          {"abi_major", plugin.abi_major},
          {"abi_minor_required", plugin.abi_minor_required},
          {"manifest", plugin.manifest.string()},
          {"library", plugin.library.string()},
          {"origin", plugin.origin},
          {"level", plugin.level},
          {"loaded", plugin.loaded},
          {"refusal", plugin.refusal},
          {"provides", std::move(provides)}};
}

std::string file_of(const PluginInfo& plugin) {
  if (!plugin.library.empty()) return plugin.library.string();
  return plugin.manifest.empty() ? "part of this program" : plugin.manifest.string();
}

void list(const Globals& globals) {
  const auto context = make_context(globals);
  const auto plugins = context.registry().plugins();
  Output output;
  if (globals.json) {
    boost::json::array all;
    for (const auto& plugin : plugins) all.push_back(to_json(plugin));
    output.write(to_indented_text(all));
  } else {
    for (const auto& plugin : plugins) {
      output.write(fmt::format("{} {}  ({})\n", printable(plugin.name), printable(plugin.version), plugin.origin));
      for (const auto& provided : plugin.provides) output.write(fmt::format("    {}\n", provides_line(provided)));
      if (!plugin.refusal.empty()) output.write(fmt::format("    refused: {}\n", printable(plugin.refusal)));
    }
    if (plugins.empty()) output.write("no plugins were found; `zeolite plugin why NAME` tells where was searched\n");
  }
  output.close();
}

void describe(const Globals& globals, const std::string& file) {
  const auto plugin = describe_plugin(file);
  Output output;
  if (globals.json) {
    output.write(to_indented_text(to_json(plugin)));
  } else {
    output.write(fmt::format("plugin    {}\nversion   {}\nlicence   {}\n", printable(plugin.name),
                             printable(plugin.version), printable(plugin.license)));
    output.write(fmt::format("contract  major {}, minor {} needed; this program has {}.{}\n", plugin.abi_major,
                             plugin.abi_minor_required, int{ZEO_ABI_MAJOR}, int{ZEO_ABI_MINOR}));
    if (!plugin.build.empty()) output.write(fmt::format("built by  {}\n", printable(plugin.build)));
    output.write(fmt::format("file      {}\n", printable(file_of(plugin))));
    for (const auto& provided : plugin.provides) output.write(fmt::format("provides  {}\n", provides_line(provided)));
    if (!plugin.refusal.empty()) output.write(fmt::format("refused   {}\n", printable(plugin.refusal)));
  }
  output.close();
}

boost::json::object to_json(const Explanation& explanation) {
  boost::json::array others;
  for (const auto& other : explanation.others) {
    others.push_back({{"plugin", other.plugin}, {"file", other.file.string()}, {"reason", other.reason}});
  }
  return {{"point", name_of(explanation.point)},
          {"asked", explanation.asked},
          {"canonical", explanation.canonical},
          {"plugin", explanation.plugin},
          {"library", explanation.library.string()},
          {"reason", explanation.reason},
          {"others", std::move(others)},
          {"similar", boost::json::value_from(explanation.similar)}};
}

void print(Output& output, const Explanation& explanation) {
  output.write(fmt::format("{} {}", name_of(explanation.point), printable(explanation.asked)));
  if (!explanation.canonical.empty() && explanation.canonical != explanation.asked) {
    output.write(fmt::format(" stands for {}", printable(explanation.canonical)));
  }
  output.write("\n");
  if (!explanation.plugin.empty()) {
    output.write(
        fmt::format("  provided by  {}  ({})\n", printable(explanation.plugin),
                    explanation.library.empty() ? "part of this program" : printable(explanation.library.string())));
  }
  output.write(fmt::format("  because      {}\n", printable(explanation.reason)));
  if (!explanation.similar.empty()) {
    const auto names = fmt::format("{}", fmt::join(explanation.similar, ", "));
    output.write(fmt::format("  similar      {}\n", printable(names)));
  }
  for (const auto& other : explanation.others) {
    output.write(fmt::format("  not by       {}  ({}): {}\n", printable(other.plugin), printable(other.file.string()),
                             printable(other.reason)));
  }
}

/// The name is resolved by manifests alone; whether the library keeps what its manifest says shows when it is opened.
void check_library(Explanation& explanation) {
  if (explanation.library.empty()) return;
  try {
    (void)describe_plugin(explanation.library);
  } catch (const Error& error) {
    explanation.others.insert(explanation.others.begin(), {explanation.plugin, explanation.library, error.what()});
    explanation.reason = "the library of the plugin that would provide it cannot be used";
    explanation.plugin.clear();
    explanation.library.clear();
  }
}

struct WhyOptions {
  std::string name;
  std::string point;
};

void why(const Globals& globals, const WhyOptions& options) {
  const auto context = make_context(globals);
  std::vector<Explanation> told;
  std::vector<std::string> searched;
  bool provided = false;
  for (const auto point : points) {
    if (!options.point.empty() && options.point != name_of(point)) continue;
    auto explanation = context.registry().explain(point, options.name);
    searched = explanation.searched;
    check_library(explanation);
    provided = provided || !explanation.plugin.empty();
    // When all points are asked, those that know nothing like the name are not worth a line.
    const bool known = !explanation.plugin.empty() || !explanation.others.empty() || !explanation.similar.empty();
    if (known || !options.point.empty()) told.push_back(std::move(explanation));
  }
  Output output;
  if (globals.json) {
    boost::json::array all;
    for (const auto& explanation : told) all.push_back(to_json(explanation));
    output.write(to_indented_text(boost::json::object{
        {"asked", options.name}, {"explanations", std::move(all)}, {"searched", boost::json::value_from(searched)}}));
  } else {
    for (const auto& explanation : told) print(output, explanation);
    if (!provided) {
      output.write("searched, in this order:\n");
      for (const auto& place : searched) output.write(fmt::format("  {}\n", printable(place)));
    }
  }
  output.close();
  if (provided) return;
  throw Error(ErrorCode::not_found,
              fmt::format("no usable plugin provides {}'{}'", options.point.empty() ? "" : "the " + options.point + " ",
                          options.name));
}

}  // namespace

void add_plugin(CLI::App& app, const Globals& globals, Action& action) {
  auto* const command = app.add_subcommand("plugin", "List plugins, describe one, or explain who provides a name");
  command->require_subcommand(1);

  auto* const list_command = command->add_subcommand("list", "All plugins that were found; opens none");
  list_command->callback([&globals, &action] { action = [&globals] { list(globals); }; });

  const auto file = std::make_shared<std::string>();
  auto* const describe_command =
      command->add_subcommand("describe", "What a plugin's library says of itself, by opening it");
  describe_command->add_option("FILE", *file, "The library")->required();
  describe_command->callback([&globals, &action, file] { action = [&globals, file] { describe(globals, *file); }; });

  const auto options = std::make_shared<WhyOptions>();
  auto* const why_command =
      command->add_subcommand("why", "Who provides a name, who lost and why, or where was searched");
  why_command->add_option("NAME", options->name, "As metadata has it: gzip, float32, https://example.org/codec")
      ->required();
  std::vector<std::string> names;
  for (const auto point : points) names.push_back(name_of(point));
  why_command->add_option("--point", options->point, "Only this extension point; left out: all")
      ->check(CLI::IsMember(names));
  why_command->footer("Exit code 1 when nobody provides it.");
  why_command->callback([&globals, &action, options] { action = [&globals, options] { why(globals, *options); }; });

  command->footer(
      "Examples:\n"
      "  zeolite plugin list\n"
      "  zeolite plugin why zstd --point codec\n"
      "  zeolite plugin describe build/release/plugins/zeolite_codec_zstd.so --json");
}

}  // namespace zeolite::tool
