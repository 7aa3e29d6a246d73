// SPDX-License-Identifier: Apache-2.0
#define BOOST_DLL_USE_STD_FS
#include "discovery.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <unordered_set>

#include <boost/dll/runtime_symbol_info.hpp>
#include <fmt/format.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "manifest.hpp"

#ifndef ZEOLITE_SYSTEM_PLUGIN_DIR
#define ZEOLITE_SYSTEM_PLUGIN_DIR "/usr/lib/zeolite/plugins"
#endif

namespace zeolite::plugin {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> environment(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

fs::path core_directory() {
  // Any address inside the library leads to its file.
  std::error_code error;
  auto file = boost::dll::symbol_location_ptr(reinterpret_cast<const void*>(&core_directory), error);
  // For a core linked into the program the linker remembers how the program was called, which may be a relative path.
  if (error || !file.is_absolute()) {
    error.clear();
    file = boost::dll::program_location(error);
  }
  if (error || !file.is_absolute()) return {};
  const auto real = fs::canonical(file, error);
  return (error ? file : real).parent_path();
}

class Collector {
 public:
  void add(std::string origin, const fs::path& directory) {
    auto place = next(std::move(origin));
    place.directory = directory.lexically_normal();
    std::error_code error;
    const auto real = fs::canonical(directory, error);
    // A directory that is given twice counts where it stands first: its plugins do not compete with themselves.
    if (!error && !seen_.insert(real).second) place.note = "searched before";
    places_.push_back(std::move(place));
  }

  void skip(std::string origin, std::string_view what, std::string note, bool wrong) {
    auto place = next(std::move(origin));
    place.note = fmt::format("{}: {}", what, note);
    place.wrong = wrong;
    places_.push_back(std::move(place));
  }

  std::vector<Place> take() { return std::move(places_); }

 private:
  Place next(std::string origin) const {
    Place place;
    place.origin = std::move(origin);
    place.level = static_cast<int>(places_.size()) + 1;
    return place;
  }

  std::vector<Place> places_;
  std::set<fs::path> seen_;
};

constexpr std::string_view raised_note = "not searched, since this process runs with raised privileges";

void add_environment(Collector& collector, const Surroundings& around) {
  if (!around.plugin_path) return;
  if (around.raised) return collector.skip("environment", "ZEOLITE_PLUGIN_PATH", std::string(raised_note), false);
  std::string_view rest = *around.plugin_path;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    const auto entry = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (entry.empty()) continue;
    if (entry.front() == '/') {
      collector.add("environment", fs::path(entry));
    } else {
      collector.skip("environment", "ZEOLITE_PLUGIN_PATH",
                     fmt::format("\"{}\" is not searched, since it is no absolute path", entry), true);
    }
  }
}

void add_user(Collector& collector, const Surroundings& around) {
  if (!around.data_home && !around.home) return;
  const auto variable = around.data_home ? "XDG_DATA_HOME" : "HOME";
  if (around.raised) return collector.skip("user", variable, std::string(raised_note), false);
  const auto base = around.data_home ? fs::path(*around.data_home) : fs::path(*around.home) / ".local" / "share";
  if (!base.is_absolute())
    return collector.skip("user", variable,
                          fmt::format("\"{}\" is not searched, since it is no absolute path", base.string()), true);
  collector.add("user", base / "zeolite" / "plugins");
}

}  // namespace

Surroundings surroundings() {
  Surroundings around;
  around.plugin_path = environment("ZEOLITE_PLUGIN_PATH");
  around.data_home = environment("XDG_DATA_HOME");
  around.home = environment("HOME");
  around.raised = ::getauxval(AT_SECURE) != 0 || ::getuid() != ::geteuid() || ::getgid() != ::getegid();
  static const auto beside = core_directory();
  around.core_directory = beside;
  around.system_directory = ZEOLITE_SYSTEM_PLUGIN_DIR;
  return around;
}

std::vector<Place> places(const PluginOptions& options, const Surroundings& around) {
  Collector collector;
  for (const auto& directory : options.directories) {
    // The program's own choice, so it may be relative; fixed now, whatever becomes of the working directory.
    std::error_code error;
    auto absolute = fs::absolute(directory, error);
    collector.add("context", error ? directory : absolute);
  }
  if (options.search_defaults) {
    add_environment(collector, around);
    add_user(collector, around);
    if (!around.core_directory.empty()) {
      collector.add("beside the library", around.core_directory / "zeolite" / "plugins");
      collector.add("beside the library", around.core_directory / "plugins");
    }
    if (!around.system_directory.empty()) collector.add("system", around.system_directory);
  }
  return collector.take();
}

std::vector<PluginInfo> read_place(Place& place) {
  std::vector<PluginInfo> found;
  if (!place.note.empty()) return found;
  std::error_code error;
  std::vector<std::string> manifests;
  std::unordered_set<std::string> files;
  fs::directory_iterator entry(place.directory, error);
  if (error) {
    const bool missing = error == std::errc::no_such_file_or_directory;
    place.note = missing ? "no such directory" : fmt::format("cannot be read: {}", error.message());
    place.wrong = !missing;
    return found;
  }
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    auto name = entry->path().filename().native();
    if (name.ends_with(manifest_suffix)) manifests.push_back(name);
    files.insert(std::move(name));
  }
  // The order of a directory depends on the file system; that of the plugins must not.
  std::sort(manifests.begin(), manifests.end());
  for (const auto& manifest : manifests) {
    auto info = read_manifest(place.directory / manifest);
    info.origin = place.origin;
    info.level = place.level;
    // The directory was read just now: that spares a question to the file system for each plugin.
    if (info.refusal.empty() && !files.contains(info.library.filename().native()))
      info.refusal = fmt::format("{}: library: there is no file {}", info.manifest.string(), info.library.string());
    place.refused += info.refusal.empty() ? 0 : 1;
    found.push_back(std::move(info));
  }
  place.found = found.size();
  return found;
}

std::string describe(const Place& place) {
  if (place.directory.empty()) return place.note;
  if (!place.note.empty()) return fmt::format("{} ({})", place.directory.string(), place.note);
  const auto refused = place.refused == 0 ? std::string() : fmt::format(", {} of them refused", place.refused);
  return fmt::format("{} ({} plugin{}{})", place.directory.string(), place.found, place.found == 1 ? "" : "s", refused);
}

}  // namespace zeolite::plugin
