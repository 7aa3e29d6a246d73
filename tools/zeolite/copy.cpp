// SPDX-License-Identifier: Apache-2.0
//
// `zeolite copy`: a node and everything below it, byte by byte. No codec is asked, so nothing needs to be installed but
// the stores.
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <boost/json/object.hpp>

#include <zeolite/json.hpp>

#include "documents.hpp"
#include "progress.hpp"
#include "session.hpp"
#include "stream.hpp"
#include "text.hpp"

namespace zeolite::tool {
namespace {

struct Options {
  std::string source, target;
  bool overwrite = false;
};

struct Value {
  std::string key;
  std::optional<std::uint64_t> bytes;
};

/// Chunks first, then metadata, that of the root last of all: until a copy is complete nobody takes it for one.
std::vector<Value> values_of(const Store& store) {
  std::vector<Value> values;
  store.list("", false, [&](const StoreEntry& entry) {
    if (!entry.key.ends_with('/')) values.push_back({entry.key, entry.value_bytes});
  });
  const auto rank = [](const Value& value) {
    const auto depth = std::count(value.key.begin(), value.key.end(), '/');
    return is_metadata_key(value.key) ? std::pair(1, -depth) : std::pair(0, depth);
  };
  std::sort(values.begin(), values.end(), [&](const Value& a, const Value& b) {
    return std::pair(rank(a), std::string_view(a.key)) < std::pair(rank(b), std::string_view(b.key));
  });
  return values;
}

bool holds_anything(const Store& store) {
  struct Found {};
  try {
    store.list("", true, [](const StoreEntry&) { throw Found{}; });
    return false;
  } catch (const Found&) {
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) return false;
    throw;
  }
}

/// Whether one is the other or lies inside it, however their locations are written.
bool overlap(const Store& a, const Store& b) {
  const auto place = [](const Store& store) {
    auto name = store.place();
    while (name.ends_with('/')) name.pop_back();
    return name + "/";
  };
  const auto first = place(a);
  const auto second = place(b);
  return first.starts_with(second) || second.starts_with(first);
}

/// Whether something was removed to make room.
bool prepare_target(const Store& source, const Store& target, bool overwrite) {
  if (overlap(source, target)) {
    throw Error(ErrorCode::invalid, "the source and the target lie inside each other");
  }
  if (!holds_anything(target)) return false;
  if (!overwrite) {
    throw Error(ErrorCode::already_exists,
                fmt::format("{} is not empty; --overwrite replaces the node there", target.location()));
  }
  try {
    open(target);
  } catch (const Error& error) {
    // Whatever this is, it was no Zarr node, and is not ours to remove.
    throw Error(ErrorCode::already_exists, fmt::format("{} holds something that is no Zarr node ({}); remove it first",
                                                       target.location(), error.what()));
  }
  erase_node(target, "");
  return true;
}

void copy_values(const Store& source, const Store& target, std::span<const Value> values, unsigned workers,
                 Progress& progress) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (auto i = next++; i < values.size(); i = next++) {
        const auto bytes = source.get(values[i].key);
        if (!bytes)
          throw Error(ErrorCode::conflict, "the value was removed while it was copied").at("key", values[i].key);
        target.set(values[i].key, *bytes);
        progress.add(bytes->size());
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      next = values.size();
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < std::min<std::size_t>(workers, values.size()); ++i) helpers.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

void copy(const Globals& globals, const Options& options) {
  const auto context = make_context(globals);
  const auto source = Store::open(context, options.source);
  open(source);  // refuses what is no Zarr node
  const auto values = values_of(source);
  const auto target = Store::open(context, options.target);
  const bool replaced = prepare_target(source, target, options.overwrite);

  std::optional<std::uint64_t> total_bytes = 0;
  for (const auto& value : values) {
    total_bytes = total_bytes && value.bytes ? std::optional(*total_bytes + *value.bytes) : std::nullopt;
  }
  const auto first_document =
      std::find_if(values.begin(), values.end(), [](const Value& value) { return is_metadata_key(value.key); });
  const auto chunks = static_cast<std::size_t>(first_document - values.begin());
  const auto workers = context.options().threads.value_or(std::max(1u, std::thread::hardware_concurrency()) - 1) + 1;
  Progress progress("copied", total_bytes.value_or(0));
  try {
    copy_values(source, target, std::span(values).first(chunks), workers, progress);
    copy_values(source, target, std::span(values).subspan(chunks), 1, progress);
  } catch (const Error& error) {
    const auto* const left = replaced ? "; what was at the target has been removed, and the copy is not complete"
                                      : "; the copy is not complete";
    throw error.reworded(error.message() + left);
  }
  if (!globals.json) return;
  const boost::json::object copied{{"values", values.size()}, {"bytes", progress.done_bytes()}};
  Output output;
  output.write(zeolite::to_text(copied) + "\n");
  output.close();
}

}  // namespace

void add_copy(CLI::App& app, const Globals& globals, Action& action) {
  auto* const command = app.add_subcommand("copy", "Copy a node and everything below it, as stored");
  const auto options = std::make_shared<Options>();
  command->add_option("SOURCE", options->source, "The array or group to copy: a path or a URL")->required();
  command->add_option("TARGET", options->target, "Where the copy goes")->required();
  command->add_flag("--overwrite", options->overwrite,
                    "Replace the node at TARGET, and everything below it; it is removed first");
  command->footer(
      "Metadata documents and encoded chunks are copied as bytes: nothing is decoded, and no plugin but the stores' is "
      "needed.\n"
      "\nExamples:\n"
      "  zeolite copy data.zarr backup.zarr\n"
      "  zeolite copy data.zarr/temperature other.zarr/temperature --overwrite");
  command->callback([&globals, &action, options] { action = [&globals, options] { copy(globals, *options); }; });
}

}  // namespace zeolite::tool
