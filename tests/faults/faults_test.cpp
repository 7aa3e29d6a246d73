// SPDX-License-Identifier: Apache-2.0
//
// Every deliberately bad plugin is refused by name, with its reason, and harms nothing.
#include <zeolite/testing/catch.hpp>

#include "plugin_support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace {

std::filesystem::path folder_of(std::string_view fault) { return std::filesystem::path(ZEOLITE_FAULTS) / fault; }

/// When a fault comes to light.
enum class Found {
  in_manifest,  ///< when the catalog is made
  when_opened,  ///< when its name is first used
  when_created  ///< each time an object is made
};

struct Fault {
  std::string_view name;
  Found found;
  std::vector<std::string_view> says;
};

/// What opening half of a sound library says.
std::string cut_short() {
  const auto whole = folder_of("sound") / "sound.so";
  const auto half = folder_of("cut_short") / "cut_short.so";
  std::filesystem::create_directories(half.parent_path());
  std::filesystem::copy_file(whole, half, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::resize_file(half, std::filesystem::file_size(half) / 4);
  try {
    (void)describe_plugin(half);
  } catch (const Error& error) {
    return error.what();
  }
  return "(no error)";
}

const std::vector<Fault>& faults() {
  using enum Found;
  static const std::vector<Fault> all = {
      {"wrong_major",
       when_opened,
       {"made for version 7", "zeolite_plugin_v7", "wants zeolite_plugin_v0", "version 0.3"}},
      {"wrong_major_table", when_opened, {"made for version 3", "this host has version 0.3"}},
      {"wrong_major_manifest", in_manifest, {"made for version 7", "this host has version 0.3"}},
      {"newer_minor", in_manifest, {"needs version 0.99", "this host has 0.3"}},
      {"newer_minor_hidden", when_opened, {"needs version 0.99", "this host has 0.3"}},
      {"no_entry", when_opened, {"is no plugin", "no symbol zeolite_plugin_v0"}},
      {"function_entry", when_opened, {"exports zeolite_plugin_v0 as a function"}},
      {"borrowed_entry", when_opened, {"is no plugin", "belongs to", "libzeolite_fault_lender.so", "which it links"}},
      {"truncated_table", when_opened, {"the plugin's table is truncated", "its struct_size is 32", "at least 56"}},
      {"overstated_table", when_opened, {"the plugin's table is truncated", "the library holds 16 bytes"}},
      {"truncated_factory", when_opened, {"factory 0 is truncated"}},
      {"no_create", when_opened, {"codec:no_create", "has no create function"}},
      {"duplicate_name", when_opened, {"codec:duplicate_name", "provides this name twice"}},
      {"failing_init", when_opened, {"its init function failed", "the device it needs is not there"}},
      {"throwing_init", when_opened, {"its init function threw", "nobody caught this"}},
      {"lying_manifest",
       when_opened,
       {"does not describe it", "codec:lying_manifest", "the library does not provide it"}},
      {"lying_version", when_opened, {"version: the manifest says \"2.0.0\", the library \"1.0.0\""}},
      {"missing_dependency", when_opened, {"cannot be opened", "libzeolite_fault_dependency.so"}},
      {"not_elf", when_opened, {"cannot be opened"}},
      {"absent_library", in_manifest, {"library: there is no file", "absent_library.so"}},
      {"truncated_manifest", in_manifest, {"is not valid JSON"}},
      {"escaping_library", in_manifest, {"library: \"../sound/sound.so\"", "beside the manifest"}},
      {"unknown_point", in_manifest, {"provides[0].point", "\"codecs\" is no extension point"}},
      {"unknown_member", in_manifest, {"homepage", "no member known here"}},
      {"role_name", in_manifest, {"starts with '@'"}},
      {"null_object", when_created, {"reported success", "there is none"}},
      {"no_table", when_created, {"reported success", "it has no table"}},
      {"short_table", when_created, {"its table is too short", "at least 48 bytes are wanted"}},
      {"no_bind", when_created, {"its table has no function bind"}},
      {"wrong_kind", when_created, {"its kind is 9"}},
      {"throwing", when_created, {"its create function threw", "nobody caught this"}},
  };
  return all;
}

PluginInfo info_of(const Registered& registered) {
  const auto all = registered.catalog.plugins();
  REQUIRE(all.size() == 1);
  return all.front();
}

}  // namespace

TEST_CASE("a library that is cut short is refused before the linker maps what is not there") {
  CHECK(contains(cut_short(), "cut_short.so: the library is cut short"));
}

TEST_CASE("a plugin without fault works", "[faults]") {
  Registered registered(in({folder_of("sound")}));
  CHECK_FALSE(info_of(registered).loaded);
  CHECK(registered.codec("sound").plugin == "fault.sound");
  CHECK(info_of(registered).loaded);
  CHECK(info_of(registered).refusal.empty());
}

TEST_CASE("names lead to their own factories, in whatever order the manifest has them", "[faults]") {
  Registered registered(in({folder_of("reordered")}));
  CHECK(registered.codec_error("reordered.first").message() == "reordered.first");
  CHECK(registered.codec_error("reordered.second").message() == "reordered.second");
}

TEST_CASE("a library describes itself as its manifest does", "[faults]") {
  const auto library = folder_of("sound") / "sound.so";
  const auto info = describe_plugin(library);
  CHECK(info.name == "fault.sound");
  CHECK(info.library == library);
  REQUIRE(info.provides.size() == 1);
  CHECK(info.provides[0].name == "sound");
  const auto error = error_of([] { describe_plugin(folder_of("truncated_table") / "truncated_table.so"); });
  CHECK(contains(error.what(), "truncated_table.so: the plugin's table is truncated"));
  CHECK(error_of([] { describe_plugin(folder_of("sound") / "absent.so"); }).code() == ErrorCode::io);
}

TEST_CASE("every fault is refused by name with its reason", "[faults]") {
  for (const auto& [name, found, says] : faults()) {
    const auto folder = folder_of(name);
    CAPTURE(name);
    REQUIRE(std::filesystem::exists(folder));
    Registered registered(in({folder}));
    CHECK(info_of(registered).refusal.empty() == (found != Found::in_manifest));

    const auto error = registered.codec_error(name);
    const auto info = info_of(registered);
    const auto reason = found == Found::when_created ? std::string(error.what()) : info.refusal;
    CAPTURE(reason, error.what());
    for (const auto& part : says) CHECK(contains(reason, part));
    if (found == Found::when_created) {
      // The plugin stays: its other names may be sound. Each use says again what is wrong.
      CHECK(error.code() == ErrorCode::internal);
      CHECK(contains(reason, "a defect of the plugin"));
      CHECK(contains(reason, "[codec " + std::string(name) + ", plugin fault." + std::string(name) + "]"));
      CHECK(std::string(registered.codec_error(name).what()) == reason);
    } else {
      CHECK(error.code() == ErrorCode::not_found);
      CHECK(contains(reason, folder.string()));
      CHECK(contains(error.what(), folder.string()));
      // Said once, at the time it was found.
      CHECK(registered.codec_error(name).code() == ErrorCode::not_found);
      CHECK(registered.logged(reason) == 1);
    }
  }
}

TEST_CASE("an exception that is no std::exception is contained too", "[faults]") {
  Registered registered(in({folder_of("throwing")}));
  CHECK(contains(registered.codec_error("throwing", R"({"other":1})").what(), "threw an unknown exception"));
}

TEST_CASE("a refused plugin does not keep another one from providing the name", "[faults]") {
  const Folder folder;
  PluginInfo info = describe_plugin(folder_of("sound") / "sound.so");
  std::filesystem::copy_file(info.library, folder / "sound.so");
  folder.write("sound.zeolite.json", to_manifest(info, "sound.so"));
  const Folder liar;
  std::filesystem::copy_file(info.library, liar / "liar.so");
  info.version = "9";
  liar.write("liar.zeolite.json", to_manifest(info, "liar.so"));

  Registered registered(in({liar.path(), folder.path()}));
  CHECK(registered.catalog.explain(Point::codec, "sound").library == liar / "liar.so");
  const auto made = registered.codec("sound");
  CHECK(made.plugin == "fault.sound");
  const auto found = registered.catalog.explain(Point::codec, "sound");
  CHECK(found.library == folder / "sound.so");
  REQUIRE(found.others.size() == 1);
  CHECK(contains(found.others[0].reason, "version: the manifest says \"9\""));
  CHECK(registered.logged("liar.so") >= 1);
  // Not so when the user insists.
  auto options = in({liar.path(), folder.path()});
  options.pins = {{"codec:sound", "liar.so"}};
  CHECK(contains(Registered(options).codec_error("sound").what(), "is pinned to liar.so, which was refused"));
}

TEST_CASE("two plugins with one name in one folder are an error on use", "[faults]") {
  const Folder folder;
  for (const std::string name : {"rival_a", "rival_b"})
    for (const auto& entry : std::filesystem::directory_iterator(folder_of(name)))
      std::filesystem::copy_file(entry.path(), folder.path() / entry.path().filename());
  CHECK(contains(Registered(in({folder.path()})).codec_error("rival").what(), "fault.rival_a"));
  for (const std::string name : {"fault.rival_a", "fault.rival_b"}) {
    auto options = in({folder.path()});
    options.pins = {{"codec:rival", name}};
    CHECK(Registered(options).codec("rival").plugin == name);
  }
  // In two folders the first one wins.
  CHECK(Registered(in({folder_of("rival_b"), folder_of("rival_a")})).codec("rival").plugin == "fault.rival_b");
}

TEST_CASE("a manifest beside the library of another plugin is refused for the first member that differs", "[faults]") {
  const Folder folder;
  std::filesystem::copy_file(folder_of("rival_a") / "rival_a.so", folder / "rival_b.so");
  std::filesystem::copy_file(folder_of("rival_b") / "rival_b.zeolite.json", folder / "rival_b.zeolite.json");
  CHECK(contains(Registered(in({folder.path()})).codec_error("rival").what(),
                 "name: the manifest says \"fault.rival_b\", the library \"fault.rival_a\""));
}

TEST_CASE("all faults at once harm nobody else", "[faults]") {
  PluginOptions options;
  for (const auto& fault : faults()) options.directories.push_back(folder_of(fault.name));
  options.directories.push_back(folder_of("sound"));
  Registered registered(options);
  for (const auto& fault : faults()) CHECK_THROWS_AS(registered.codec(fault.name), Error);
  CHECK(registered.codec("sound").plugin == "fault.sound");
}
