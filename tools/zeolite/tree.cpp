// SPDX-License-Identifier: Apache-2.0
//
// `zeolite tree`: what a hierarchy holds.
#include <memory>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>

#include <zeolite/json.hpp>

#include "describe.hpp"
#include "session.hpp"
#include "stream.hpp"
#include "text.hpp"

namespace zeolite::tool {
namespace {

struct Options {
  NodeLocation node;
  unsigned depth = 0;
};

/// No hierarchy that a person made is deeper; a store that answers every listing with one more level ends here.
constexpr unsigned max_depth = 256;

std::string array_line(const Array& array) {
  const auto& metadata = array.metadata();
  auto line = fmt::format("{} {}", to_text(metadata.shape), printable(metadata.data_type.name));
  if (const auto chunks = chunk_shape(metadata)) {
    const auto inner = inner_chunk_shape(metadata);
    line += " chunks " + (inner ? to_text(*inner) + " in shards " : std::string()) + to_text(*chunks);
  } else {
    line += " grid " + printable(metadata.chunk_grid.name);
  }
  // The reason in short: `info` tells where was searched.
  const auto& why = array.unusable();
  if (!why.empty()) line += "  (cannot be read: " + printable(why.substr(0, why.find("; "))) + ")";
  return line;
}

class Tree {
 public:
  Tree(const Globals& globals, const Options& options) : json_(globals.json), options_(options) {}

  void run(const Node& root) {
    if (json_) {
      output_.write(to_indented_text(to_json(root, "", 0)));
    } else {
      print(root, "/", "", "", 0);
    }
    output_.close();
    if (faults_ == 0) return;
    throw Error(ErrorCode::corrupt, fmt::format("{} node{} could not be opened", faults_, faults_ == 1 ? "" : "s"));
  }

 private:
  bool descend(unsigned depth) const { return depth < (options_.depth == 0 ? max_depth : options_.depth); }

  void print(const Node& node, const std::string& name, const std::string& lead, const std::string& below,
             unsigned depth) {
    if (const auto* const array = std::get_if<Array>(&node)) {
      output_.write(fmt::format("{}{}  {}\n", lead, printable(name), array_line(*array)));
      return;
    }
    const auto& group = std::get<Group>(node);
    output_.write(fmt::format("{}{}{}\n", lead, printable(name), name == "/" ? "" : "/"));
    if (!descend(depth)) return;
    const auto members = group.open_members();
    for (std::size_t i = 0; i < members.size(); ++i) {
      const bool last = i + 1 == members.size();
      const auto branch = below + (last ? "└── " : "├── ");
      auto problem = members[i].problem;
      try {
        if (members[i].node) {
          print(*members[i].node, members[i].name, branch, below + (last ? "    " : "│   "), depth + 1);
        }
      } catch (const Error& error) {
        problem = error.what();
      }
      if (problem.empty()) continue;
      ++faults_;
      output_.write(fmt::format("{}{}  (error: {})\n", branch, printable(members[i].name), printable(problem)));
    }
  }

  boost::json::object to_json(const Node& node, const std::string& name, unsigned depth) {
    boost::json::object object{{"name", name}};
    if (const auto* const array = std::get_if<Array>(&node)) {
      const auto& metadata = array->metadata();
      object["kind"] = "array";
      object["zarr_format"] = metadata.zarr_format;
      object["shape"] = boost::json::value_from(metadata.shape);
      object["data_type"] = zeolite::to_json(metadata.data_type);
      object["chunk_grid"] = zeolite::to_json(metadata.chunk_grid);
      add_shapes(object, metadata);
      if (!array->unusable().empty()) object["unusable"] = array->unusable();
      return object;
    }
    const auto& group = std::get<Group>(node);
    object["kind"] = "group";
    object["zarr_format"] = group.metadata().zarr_format;
    if (!descend(depth)) return object;
    boost::json::array members;
    for (const auto& member : group.open_members()) {
      auto problem = member.problem;
      try {
        if (member.node) members.push_back(to_json(*member.node, member.name, depth + 1));
      } catch (const Error& error) {
        problem = error.what();
      }
      if (problem.empty()) continue;
      ++faults_;
      members.push_back({{"name", member.name}, {"error", problem}});
    }
    object["members"] = std::move(members);
    return object;
  }

  const bool json_;
  const Options& options_;
  Output output_;
  std::size_t faults_ = 0;
};

}  // namespace

void add_tree(CLI::App& app, const Globals& globals, Action& action) {
  auto* const command = app.add_subcommand("tree", "Show what a hierarchy holds");
  const auto options = std::make_shared<Options>();
  options->node.declare(*command, "A group or an array");
  command->get_option("LOCATION")->required();
  command->add_option("--depth", options->depth, "Levels to go down; left out: all")->check(CLI::Range(1u, max_depth));
  command->footer(
      "Examples:\n"
      "  zeolite tree data.zarr\n"
      "  zeolite tree data.zarr/raw --depth 1 --json");
  command->callback([&globals, &action, options] {
    action = [&globals, options] {
      const auto context = make_context(globals);
      Tree(globals, *options).run(options->node.open(context));
    };
  });
}

}  // namespace zeolite::tool
