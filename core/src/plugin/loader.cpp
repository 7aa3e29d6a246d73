// SPDX-License-Identifier: Apache-2.0
#define BOOST_DLL_USE_STD_FS
#include "loader.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>
#include <link.h>
#include <boost/dll/shared_library.hpp>

#include <zeolite/error.hpp>

#include "../base/call.hpp"
#include "elf.hpp"
#include "manifest.hpp"

namespace zeolite::plugin {
namespace {

namespace fs = std::filesystem;
namespace dll = boost::dll;

// Versions of the contract's symbol that are looked for, to say what a library was made for.
constexpr int max_major_looked_for = 32;
constexpr std::string_view symbol_stem = "zeolite_plugin_v";

/// Libraries belong to the process, not to a context: the dynamic linker hands out one copy however often it is asked,
/// and init runs once. So this is the one thing shared between contexts. Never destroyed, so that nothing is ever
/// unloaded.
struct Process {
  using Initialize = zeo_status (*)(const zeo_call*);

  std::mutex mutex;
  std::map<fs::path, dll::shared_library> libraries;
  std::map<std::pair<const zeo_plugin*, Initialize>, std::optional<Error>> initialized;
};

Process& process() {
  static auto* const instance = new Process;
  return *instance;
}

Error refusal(ErrorCode code, const fs::path& file, std::string_view why) {
  return {code, fmt::format("{}: {}", file.string(), why)};
}

const dll::shared_library& open(Process& process, const fs::path& file) {
  if (const auto known = process.libraries.find(file); known != process.libraries.end()) return known->second;
  std::error_code error;
  const auto status = fs::status(file, error);
  if (!fs::exists(status))
    throw refusal(ErrorCode::io, file, fmt::format("the library cannot be opened: {}", error.message()));
  if (!fs::is_regular_file(status)) throw refusal(ErrorCode::io, file, "the library is no regular file");
  if (is_cut_short(file)) throw refusal(ErrorCode::corrupt, file, "the library is cut short; copy or build it again");
  dll::shared_library library;
  ::dlerror();
  // "now": a missing function is found here, not in the middle of a read. "local": plugins do not see each other.
  library.load(file, dll::load_mode::rtld_now | dll::load_mode::rtld_local, error);
  if (error || !library.is_loaded()) {
    const char* const why = ::dlerror();
    throw refusal(ErrorCode::io, file,
                  fmt::format("the library cannot be opened: {}", why != nullptr ? why : error.message()));
  }
  return process.libraries.emplace(file, std::move(library)).first->second;
}

/// What a library without our symbol has instead.
std::string other_version(const dll::shared_library& library) {
  for (int major = 0; major < max_major_looked_for; ++major) {
    const auto symbol = fmt::format("{}{}", symbol_stem, major);
    if (symbol != ZEOLITE_PLUGIN_SYMBOL && library.has(symbol))
      return fmt::format(
          "made for version {} of the plugin contract (it exports {}); this host has version {}.{} and wants {}", major,
          symbol, int{ZEO_ABI_MAJOR}, int{ZEO_ABI_MINOR}, ZEOLITE_PLUGIN_SYMBOL);
  }
  return fmt::format("is no plugin: it exports no symbol {} and none of another version", ZEOLITE_PLUGIN_SYMBOL);
}

/// How many bytes of the table the library holds, as its symbol table says; also refuses symbols that are no data of
/// this library's own.
std::uint64_t table_bytes(const fs::path& file, const void* table) {
#ifdef __GLIBC__
  Dl_info where{};
  const ElfW(Sym)* symbol = nullptr;
  if (::dladdr1(table, &where, const_cast<void**>(reinterpret_cast<const void**>(&symbol)), RTLD_DL_SYMENT) == 0 ||
      symbol == nullptr)
    return UINT64_MAX;
  std::error_code error;
  if (where.dli_fname != nullptr && !fs::equivalent(where.dli_fname, file, error) && !error)
    throw refusal(
        ErrorCode::invalid, file,
        fmt::format("is no plugin: its {} belongs to {}, which it links", ZEOLITE_PLUGIN_SYMBOL, where.dli_fname));
  if (ELF64_ST_TYPE(symbol->st_info) == STT_FUNC)
    throw refusal(ErrorCode::invalid, file,
                  fmt::format("exports {} as a function; it should be data of type zeo_plugin", ZEOLITE_PLUGIN_SYMBOL));
  // Assemblers and some languages leave the size out.
  if (symbol->st_size != 0) return symbol->st_size;
#else
  (void)file, (void)table;
#endif
  return UINT64_MAX;
}

}  // namespace

Table open_library(const fs::path& library) {
  auto& shared = process();
  const std::lock_guard lock(shared.mutex);
  const auto& opened = open(shared, library);
  if (!opened.has(ZEOLITE_PLUGIN_SYMBOL)) throw refusal(ErrorCode::unsupported, library, other_version(opened));
  const auto& plugin = opened.get<const zeo_plugin>(ZEOLITE_PLUGIN_SYMBOL);
  const auto bytes = table_bytes(library, &plugin);
  try {
    return read_table(plugin, bytes);
  } catch (const Error& error) {
    throw refusal(error.code(), library, error.message());
  }
}

void initialize(const Table& table) {
  const auto& plugin = *table.plugin;
  if (plugin.struct_size < offsetof(zeo_plugin, init) + sizeof(plugin.init) || plugin.init == nullptr) return;
  auto& shared = process();
  const std::lock_guard lock(shared.mutex);
  auto [entry, is_new] = shared.initialized.try_emplace({&plugin, plugin.init});
  if (is_new) {
    try {
      Workers alone(nullptr);
      Call call(alone);
      call.check(plugin.init(call));
    } catch (const Error& error) {
      entry->second = Error(error.code(), fmt::format("its init function failed: {}", error.message()));
    } catch (const std::exception& exception) {
      entry->second =
          Error(ErrorCode::internal,
                fmt::format("its init function threw an exception across the contract: {}", exception.what()));
    } catch (...) {
      entry->second = Error(ErrorCode::internal, "its init function threw an unknown exception across the contract");
    }
  }
  if (entry->second) throw *entry->second;
}

}  // namespace zeolite::plugin

namespace zeolite {

PluginInfo describe_plugin(const std::filesystem::path& library) {
  // Not initialised: a build machine need not have what the plugin wants at run time.
  const auto file = std::filesystem::absolute(library).lexically_normal();
  auto info = plugin::open_library(file).description;
  info.library = file;
  info.loaded = true;
  return info;
}

}  // namespace zeolite
