// SPDX-License-Identifier: Apache-2.0
#include "manifest.hpp"

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <set>
#include <utility>

#include <boost/json.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zeolite/error.hpp>

#include "names.hpp"

namespace zeolite::plugin {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

Error bad(std::string_view where, std::string_view what) {
  return {ErrorCode::invalid, fmt::format("{}: {}", where.empty() ? "the document" : where, what)};
}

std::string_view kind_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: return "a number";
    case json::kind::string: return "a string";
    case json::kind::array: return "an array";
    case json::kind::object: return "an object";
  }
  return "something else";
}

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

/// An object of the manifest and where in the document it stands.
class Reader {
 public:
  Reader(const json::value& value, std::string where) : where_(std::move(where)) {
    object_ = value.if_object();
    if (object_ == nullptr) throw bad(where_, fmt::format("is {}, should be an object", kind_name(value)));
  }

  const json::value& required(std::string_view name) const {
    const auto* const value = optional(name);
    if (value == nullptr) throw bad(at(name), "is missing");
    return *value;
  }

  const json::value* optional(std::string_view name) const { return object_->if_contains({name.data(), name.size()}); }

  std::string text(std::string_view name) const {
    const auto& value = required(name);
    if (!value.is_string()) throw bad(at(name), fmt::format("is {}, should be a string", kind_name(value)));
    return std::string(view(value.get_string()));
  }

  std::uint32_t number(std::string_view name) const {
    const auto& value = required(name);
    boost::system::error_code error;
    const auto number = value.to_number<std::uint32_t>(error);
    if (error || value.is_double()) throw bad(at(name), "should be an integer from 0 to 4294967295");
    return number;
  }

  std::vector<std::string> texts(std::string_view name) const {
    std::vector<std::string> all;
    const auto* const value = optional(name);
    if (value == nullptr) return all;
    if (!value->is_array()) throw bad(at(name), fmt::format("is {}, should be an array of strings", kind_name(*value)));
    for (const auto& item : value->get_array()) {
      if (!item.is_string())
        throw bad(fmt::format("{}[{}]", at(name), all.size()),
                  fmt::format("is {}, should be a string", kind_name(item)));
      all.emplace_back(view(item.get_string()));
    }
    return all;
  }

  void only(std::initializer_list<std::string_view> names) const {
    for (const auto& member : *object_) {
      const std::string_view name(member.key().data(), member.key().size());
      if (std::find(names.begin(), names.end(), name) == names.end()) throw bad(at(name), "is no member known here");
    }
  }

  std::string at(std::string_view name) const {
    return where_.empty() ? std::string(name) : fmt::format("{}.{}", where_, name);
  }

 private:
  const json::object* object_;
  std::string where_;
};

ProvidedName read_provided(const json::value& value, std::string where) {
  const Reader reader(value, std::move(where));
  const auto point_text = reader.text("point");
  const auto point = point_from(point_text);
  if (!point)
    throw bad(reader.at("point"),
              fmt::format("\"{}\" is no extension point; there are {}", point_text, known_points()));
  ProvidedName provided{*point, reader.text("name"), reader.texts("aliases"), reader.texts("v2_ids")};
  reader.only({"point", "name", "aliases", "v2_ids"});
  return provided;
}

void read_provides(const Reader& reader, PluginInfo& info) {
  const auto& provides = reader.required("provides");
  if (!provides.is_array()) throw bad("provides", fmt::format("is {}, should be an array", kind_name(provides)));
  for (const auto& item : provides.get_array())
    info.provides.push_back(read_provided(item, fmt::format("provides[{}]", info.provides.size())));
}

void read_document(const json::value& document, PluginInfo& info) {
  const Reader reader(document, "");
  info.name = reader.text("name");
  if (auto fault = fault_in_plugin_name(info.name); !fault.empty()) throw bad("name", fault);
  const Reader abi(reader.required("abi"), "abi");
  info.abi_major = abi.number("major");
  info.abi_minor_required = abi.number("minor");

  const auto library = reader.text("library");
  // A manifest speaks for the library beside it: a path could name a file that somebody else may write.
  if (library.empty() || library == "." || library == ".." || library.find('/') != std::string::npos ||
      library.find('\0') != std::string::npos)
    throw bad("library", fmt::format("\"{}\" should be the name of a file beside the manifest", library));
  info.library = info.manifest.parent_path() / library;

  // Said before anything else is looked at: a manifest for a later contract may well have members unknown here.
  if (auto fault = fault_in_version(info.abi_major, info.abi_minor_required); !fault.empty()) {
    info.refusal = fmt::format("{}: {}", info.manifest.string(), fault);
    try {
      read_provides(reader, info);
    } catch (const Error&) {
      // What it would provide is only for explanations.
    }
    return;
  }

  abi.only({"major", "minor"});
  info.version = reader.text("version");
  info.license = reader.text("license");
  if (reader.optional("build") != nullptr) info.build = reader.text("build");
  read_provides(reader, info);
  reader.only({"abi", "name", "version", "license", "build", "library", "provides"});
  if (auto fault = fault_in_description(info); !fault.empty()) throw Error(ErrorCode::invalid, fault);
}

struct File {
  int descriptor;
  ~File() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

std::string stem(const fs::path& path) {
  auto name = path.filename().string();
  if (name.ends_with(manifest_suffix)) name.resize(name.size() - manifest_suffix.size());
  return name;
}

std::string list(const std::vector<std::string>& names) { return json::serialize(json::value_from(names)); }

json::array to_array(const std::vector<std::string>& names) { return json::value_from(names).as_array(); }

}  // namespace

std::string read_small_file(const fs::path& path, std::uint64_t limit) {
  const auto failed = [](int number) {
    return Error(ErrorCode::io, fmt::format("cannot be read: {}", std::generic_category().message(number)));
  };
  // Opening a pipe would otherwise wait for whoever writes it.
  const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.descriptor < 0) throw failed(errno);
  struct stat status {};
  if (::fstat(file.descriptor, &status) != 0) throw failed(errno);
  if (!S_ISREG(status.st_mode)) throw Error(ErrorCode::io, "is no regular file");
  const auto too_large = [&] {
    return Error(ErrorCode::invalid, fmt::format("is larger than the {} bytes allowed here", limit));
  };
  if (static_cast<std::uint64_t>(status.st_size) > limit) throw too_large();
  // One byte more than there should be, to find out in one step that there are no more.
  std::string text(static_cast<std::size_t>(status.st_size) + 1, '\0');
  std::size_t used = 0;
  for (;;) {
    const auto got = ::read(file.descriptor, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw failed(errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > limit) throw too_large();
    if (used == text.size()) text.resize(std::min<std::uint64_t>(limit + 1, text.size() * 2));
  }
  text.resize(used);
  return text;
}

PluginInfo parse_manifest(std::string_view text, const fs::path& path) {
  PluginInfo info;
  info.manifest = path;
  try {
    boost::system::error_code error;
    const auto document = json::parse({text.data(), text.size()}, error);
    if (error) throw bad("", fmt::format("is not valid JSON ({})", error.message()));
    read_document(document, info);
  } catch (const Error& error) {
    info.refusal = fmt::format("{}: {}", path.string(), error.message());
  }
  // A plugin that cannot be read still needs something to be called in lists.
  if (!fault_in_plugin_name(info.name).empty()) info.name = stem(path);
  return info;
}

PluginInfo read_manifest(const fs::path& path) {
  try {
    return parse_manifest(read_small_file(path, max_manifest_bytes), path);
  } catch (const Error& error) {
    PluginInfo info;
    info.manifest = path;
    info.name = stem(path);
    info.refusal = fmt::format("{}: {}", path.string(), error.message());
    return info;
  }
}

std::string fault_in_description(const PluginInfo& info) {
  if (auto fault = fault_in_plugin_name(info.name); !fault.empty()) return "name: " + fault;
  if (info.provides.empty()) return "provides: is empty, so there is nothing to use";
  using Name = std::pair<Point, std::string_view>;
  std::set<Name> taken;
  std::set<Name> taken_v2;
  const auto at = [](const ProvidedName& provided) {
    return fmt::format("provides[{}]", key(provided.point, provided.name));
  };
  for (const auto& provided : info.provides) {
    if (auto fault = fault_in_name(provided.name); !fault.empty())
      return fmt::format("{}.name: {}", at(provided), fault);
    if (is_role(provided.name)) return at(provided) + ".name: starts with '@', which is kept for aliases";
    if (!taken.insert(Name(provided.point, provided.name)).second)
      return at(provided) + ": the plugin provides this name twice";
  }
  const auto fault_in_list = [&](const ProvidedName& provided, const std::vector<std::string>& names,
                                 std::string_view member, std::set<Name>& others) -> std::string {
    for (const auto& name : names) {
      if (auto fault = fault_in_name(name); !fault.empty())
        return fmt::format("{}.{}: one {}", at(provided), member, fault);
      if (!others.insert(Name(provided.point, name)).second)
        return fmt::format("{}.{}: the plugin provides \"{}\" twice", at(provided), member, name);
    }
    return {};
  };
  for (const auto& provided : info.provides) {
    if (auto fault = fault_in_list(provided, provided.aliases, "aliases", taken); !fault.empty()) return fault;
    if (auto fault = fault_in_list(provided, provided.v2_ids, "v2_ids", taken_v2); !fault.empty()) return fault;
  }
  return {};
}

std::string difference(const PluginInfo& manifest, const PluginInfo& library) {
  const auto differ = [](std::string_view member, const auto& here, const auto& there) {
    return fmt::format("{}: the manifest says {}, the library {}", member, here, there);
  };
  const auto quoted = [](const std::string& text) { return fmt::format("\"{}\"", text); };
  if (manifest.name != library.name) return differ("name", quoted(manifest.name), quoted(library.name));
  if (manifest.version != library.version) return differ("version", quoted(manifest.version), quoted(library.version));
  if (manifest.license != library.license) return differ("license", quoted(manifest.license), quoted(library.license));
  if (manifest.abi_major != library.abi_major) return differ("abi.major", manifest.abi_major, library.abi_major);
  if (manifest.abi_minor_required != library.abi_minor_required)
    return differ("abi.minor", manifest.abi_minor_required, library.abi_minor_required);

  const auto find = [](const PluginInfo& in, const ProvidedName& what) -> const ProvidedName* {
    for (const auto& provided : in.provides)
      if (provided.point == what.point && provided.name == what.name) return &provided;
    return nullptr;
  };
  for (const auto& here : manifest.provides) {
    const auto name = key(here.point, here.name);
    const auto* const there = find(library, here);
    if (there == nullptr) return fmt::format("provides: the manifest names {}, the library does not provide it", name);
    if (here.aliases != there->aliases)
      return differ(fmt::format("provides[{}].aliases", name), list(here.aliases), list(there->aliases));
    if (here.v2_ids != there->v2_ids)
      return differ(fmt::format("provides[{}].v2_ids", name), list(here.v2_ids), list(there->v2_ids));
  }
  for (const auto& there : library.provides)
    if (find(manifest, there) == nullptr)
      return fmt::format("provides: the library provides {}, the manifest does not name it",
                         key(there.point, there.name));
  return {};
}

std::string fault_in_version(std::uint32_t major, std::uint32_t minor_required) {
  if (major != ZEO_ABI_MAJOR)
    return fmt::format("made for version {} of the plugin contract; this host has version {}.{}", major,
                       int{ZEO_ABI_MAJOR}, int{ZEO_ABI_MINOR});
  if (minor_required > ZEO_ABI_MINOR)
    return fmt::format("needs version {}.{} of the plugin contract; this host has {}.{}, a newer one is needed", major,
                       minor_required, int{ZEO_ABI_MAJOR}, int{ZEO_ABI_MINOR});
  // A contract that is frozen only grows; drafts change in place.
  if (ZEO_ABI_MAJOR == 0 && minor_required < ZEO_ABI_MINOR)
    return fmt::format("made for draft {}.{} of the plugin contract, which has changed since; this host has {}.{}",
                       major, minor_required, int{ZEO_ABI_MAJOR}, int{ZEO_ABI_MINOR});
  return {};
}

}  // namespace zeolite::plugin

namespace zeolite {

std::string to_manifest(const PluginInfo& info, std::string_view library_file) {
  namespace json = boost::json;
  // One member a line, so that a change shows as one in a diff; the values are small.
  const auto text = [](std::string_view value) {
    return json::serialize(json::string_view(value.data(), value.size()));
  };
  std::string out = "{\n";
  out += fmt::format("  \"abi\": {{\"major\": {}, \"minor\": {}}},\n", info.abi_major, info.abi_minor_required);
  out += fmt::format("  \"name\": {},\n  \"version\": {},\n", text(info.name), text(info.version));
  out += fmt::format("  \"license\": {},\n", text(info.license));
  if (!info.build.empty()) out += fmt::format("  \"build\": {},\n", text(info.build));
  out += fmt::format("  \"library\": {},\n  \"provides\": [", text(library_file));
  for (std::size_t i = 0; i < info.provides.size(); ++i) {
    const auto& provided = info.provides[i];
    json::object item;
    item["point"] = std::string(to_string(provided.point));
    item["name"] = provided.name;
    item["aliases"] = plugin::to_array(provided.aliases);
    item["v2_ids"] = plugin::to_array(provided.v2_ids);
    out += fmt::format("{}\n    {}", i == 0 ? "" : ",", json::serialize(item));
  }
  return out + "\n  ]\n}\n";
}

}  // namespace zeolite
