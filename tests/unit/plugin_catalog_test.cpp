// SPDX-License-Identifier: Apache-2.0
//
// The catalog at work, with plugins that are part of the test: creation, roles, version 2, what the host offers.
#include <zeolite/testing/catch.hpp>

#include <atomic>
#include <thread>

#include "plugin/table.hpp"
#include "plugin_support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace {

zeo_status host_create(const zeo_host* host, std::string_view json, zeo_object** out, const Call& call) {
  return host->create(host, ZEO_POINT_CODEC, str(json), out, call.abi());
}

}  // namespace

TEST_CASE("a plugin of this program provides its names", "[plugin]") {
  OwnPlugin own("test.own", {codec("own", {"mine", "@pack"}), {Point::data_type, "q*", {}, {}}});
  Registered registered;
  registered.catalog.add(own.table);
  const auto made = registered.codec("own", R"({"level":1})");
  CHECK(made.object != nullptr);
  CHECK(made.name == "own");
  CHECK(made.plugin == "test.own");
  CHECK(registered.codec("mine").name == "own");
  CHECK(registered.codec("@pack", "").name == "own");
  // The factory is told which of its names was asked for; an absent configuration is an empty one.
  CHECK(own.asked == std::vector<std::string>{"own", "mine", "@pack"});
  CHECK(own.configurations == std::vector<std::string>{R"({"level":1})", "{}", "{}"});
  CHECK(own.host == registered.catalog.host());

  const auto info = registered.catalog.plugins();
  REQUIRE(info.size() == 1);
  CHECK(info[0].origin == "in-process");
  CHECK(info[0].level == 0);
  CHECK(info[0].loaded);
}

TEST_CASE("plugins of this program come first", "[plugin]") {
  const Folder folder;
  folder.promise("acme.own", {codec("own")});
  OwnPlugin own("test.own", {codec("own")});
  Registered registered(in({folder.path()}));
  registered.catalog.add(own.table);
  CHECK(registered.codec("own").plugin == "test.own");
  CHECK(registered.codec("own").plugin == "test.own");
  // Said once, not at every use.
  CHECK(registered.logged("acme.own") == 1);
}

TEST_CASE("two plugins of this program cannot provide one name", "[plugin]") {
  OwnPlugin first("test.first", {codec("own")});
  OwnPlugin second("test.second", {codec("other"), codec("own")});
  OwnPlugin same("test.first", {codec("third")});
  Registered registered;
  registered.catalog.add(first.table);
  const auto error = error_of([&] { registered.catalog.add(second.table); });
  CHECK(error.code() == ErrorCode::already_exists);
  CHECK(contains(error.what(), "plugins test.first and test.second of this program both provide codec \"own\""));
  CHECK(error_of([&] { registered.catalog.add(same.table); }).code() == ErrorCode::already_exists);
  // Nothing of a plugin that was not added is left behind.
  CHECK(registered.codec_error("other").code() == ErrorCode::not_found);
}

TEST_CASE("faulty tables of this program are refused by member", "[plugin]") {
  const auto refused = [](const auto& spoil) {
    OwnPlugin own("test.own", {codec("own", {"mine"})});
    spoil(own);
    Registered registered;
    const auto error = error_of([&] { registered.catalog.add(own.table); });
    CHECK(error.code() == ErrorCode::invalid);
    CHECK(registered.catalog.plugins().empty());
    return std::string(error.what());
  };
  CHECK(contains(refused([](auto& own) { own.table.struct_size = 8; }), "the plugin's table is truncated"));
  CHECK(contains(refused([](auto& own) { own.table.struct_size = 1u << 30; }), "which cannot be"));
  CHECK(contains(refused([](auto& own) { own.table.abi_major = 5; }), "made for version 5"));
  CHECK(contains(refused([](auto& own) { own.table.abi_minor_required = 50; }), "needs version 0.50"));
  CHECK(contains(refused([](auto& own) { own.table.name = nullptr; }), "the plugin's name is NULL"));
  CHECK(contains(refused([](auto& own) { own.table.name = "a b"; }), "name: is \"a b\""));
  CHECK(contains(refused([](auto& own) { own.table.version = nullptr; }), "the plugin's version is NULL"));
  CHECK(contains(refused([](auto& own) { own.table.license = nullptr; }), "the plugin's license is NULL"));
  CHECK(contains(refused([](auto& own) { own.table.factories = nullptr; }), "factories is NULL"));
  CHECK(contains(refused([](auto& own) { own.table.n_factories = 0; }), "provides: is empty"));
  CHECK(contains(refused([](auto& own) { own.table.n_factories = 1u << 31; }), "n_factories"));
  CHECK(contains(refused([](auto& own) { own.factory(0).struct_size = 20; }), "factory 0 is truncated"));
  CHECK(contains(refused([](auto& own) { own.factory(0).point = 99; }), "extension point 99"));
  CHECK(contains(refused([](auto& own) { own.factory(0).name = nullptr; }), "factory 0: name is NULL"));
  CHECK(contains(refused([](auto& own) { own.factory(0).name = "@pack"; }), "kept for aliases"));
  CHECK(contains(refused([](auto& own) { own.factory(0).create = nullptr; }), "has no create function"));
  static const std::string endless(10000, 'x');
  CHECK(contains(refused([](auto& own) { own.factory(0).name = endless.c_str(); }), "does not end within"));
  static const std::vector<const char*> no_end(1000, "again");
  CHECK(contains(refused([](auto& own) { own.factory(0).aliases = no_end.data(); }), "no NULL at its end"));
}

TEST_CASE("a table is never believed beyond what the library holds of it", "[plugin]") {
  const OwnPlugin own("test.own", {codec("own")});
  CHECK(plugin::read_table(own.table, sizeof(zeo_plugin)).description.name == "test.own");
  const auto claims = error_of([&] { plugin::read_table(own.table, sizeof(zeo_plugin) - 1); });
  CHECK(contains(claims.what(), "it claims 64 bytes, the library holds 63"));
  CHECK(contains(error_of([&] { plugin::read_table(own.table, 4); }).what(), "the library holds 4 bytes of it"));
}

TEST_CASE("an experimental name is warned about once", "[plugin]") {
  const Folder folder;
  OwnPlugin own("test.own", {codec("https://acme.example/new"), codec("own")});
  PluginOptions options;
  options.configuration_file = folder.write("plugins.json", R"({"experimental": {"default": "warn"}})");
  Registered registered(options);
  registered.catalog.add(own.table);
  registered.codec("own");
  CHECK(registered.logged("experimental") == 0);
  registered.codec("https://acme.example/new");
  registered.codec("https://acme.example/new");
  CHECK(registered.logged("codec \"https://acme.example/new\" of test.own (in-process) is experimental") == 1);
}

TEST_CASE("a static plugin can be denied like any other", "[plugin]") {
  OwnPlugin own("test.own", {codec("own")});
  PluginOptions options;
  options.deny = {"test.own"};
  Registered registered(options);
  registered.catalog.add(own.table);
  CHECK(contains(registered.codec_error("own").what(), "deny list of the options of this context"));
}

TEST_CASE("what a factory reports comes with the extension and the plugin", "[plugin]") {
  OwnPlugin own("test.own", {codec("own", {"mine"})});
  own.factory(0).create = [](const zeo_factory*, const zeo_host*, zeo_str, zeo_str, zeo_object**,
                             const zeo_call* call) {
    return Call::fail(call, Error(ErrorCode::invalid, "level: 12 is too much"));
  };
  Registered registered;
  registered.catalog.add(own.table);
  const auto error = registered.codec_error("mine");
  CHECK(error.code() == ErrorCode::invalid);
  CHECK(error.what() == std::string("level: 12 is too much [codec own, plugin test.own]"));
}

TEST_CASE("version 2 ids lead to factories", "[plugin]") {
  OwnPlugin own(
      "test.own",
      {codec("own", {}, {"own2"}), {Point::data_type, "text", {}, {"S"}}, {Point::data_type, "s8", {}, {"S8"}}});
  own.factory(2).from_v2 = nullptr;
  Registered registered;
  registered.catalog.add(own.table);
  Call call(registered.workers);
  CHECK(registered.catalog.from_v2(Point::codec, "own2", "{}", call) == R"({"name":"own","configuration":{}})");
  // A letter alone takes any size, and gives way to a dtype that is spelled out.
  CHECK(contains(registered.catalog.from_v2(Point::data_type, "S12", "{}", call), "\"text\""));
  const auto error = error_of([&] { registered.catalog.from_v2(Point::data_type, "S8", "{}", call); });
  CHECK(error.code() == ErrorCode::unsupported);
  CHECK(contains(error.what(), "plugin test.own"));
  CHECK(error_of([&] { registered.catalog.from_v2(Point::codec, "own", "{}", call); }).code() == ErrorCode::not_found);
  CHECK(error_of([&] { registered.catalog.from_v2(Point::data_type, "Q", "{}", call); }).code() ==
        ErrorCode::not_found);

  // A factory from before from_v2 was added to the table.
  OwnPlugin old("test.old", {codec("old", {}, {"old"})});
  old.factory(0).struct_size = offsetof(zeo_factory, from_v2);
  registered.catalog.add(old.table);
  CHECK(error_of([&] { registered.catalog.from_v2(Point::codec, "old", "{}", call); }).code() ==
        ErrorCode::unsupported);
}

TEST_CASE("the host creates extensions for plugins, by the names metadata has", "[plugin]") {
  OwnPlugin own("test.own", {codec("own", {"@pack"})});
  Registered registered;
  registered.catalog.add(own.table);
  const auto* const host = registered.catalog.host();
  CHECK(host->struct_size == sizeof(zeo_host));
  CHECK(host->abi_minor == ZEO_ABI_MINOR);
  CHECK(host->get_extension(host, str("acme.example/1")) == nullptr);

  Call call(registered.workers);
  for (const auto* const text :
       {"own", "\"own\"", R"({"name":"own"})", R"({"name":"own","configuration":{}})",
        R"({"name":"own","configuration":{"n":18446744073709551615},"must_understand":true})"}) {
    zeo_object* object = nullptr;
    CAPTURE(text);
    REQUIRE(host_create(host, text, &object, call) == ZEO_OK);
    REQUIRE(object != nullptr);
    object->v->release(object);
  }
  CHECK(own.configurations.back() == R"({"n":18446744073709551615})");

  struct Case {
    std::string_view text;
    ErrorCode code;
    std::string_view what;
  };
  const std::vector<Case> cases = {
      {"absent", ErrorCode::not_found, "nobody provides codec \"absent\""},
      {"@pack", ErrorCode::invalid, "do not start with '@'"},
      {R"({"name":"@pack"})", ErrorCode::invalid, "do not start with '@'"},
      {"", ErrorCode::invalid, "neither a name nor valid JSON"},
      {"{", ErrorCode::invalid, "neither a name nor valid JSON"},
      {"{}", ErrorCode::invalid, "member \"name\" is missing"},
      {"7", ErrorCode::invalid, "should be a name, or an object"},
      {R"({"name":7})", ErrorCode::invalid, "member \"name\" has the wrong type"},
      {R"({"name":"own","configuration":[]})", ErrorCode::invalid, "member \"configuration\" has the wrong type"},
      {R"({"name":"own","extra":1})", ErrorCode::invalid, "unknown member \"extra\""},
  };
  for (const auto& [text, code, what] : cases) {
    zeo_object* object = nullptr;
    const auto status = host_create(host, text, &object, call);
    const auto error = call.error(status);
    CAPTURE(text, error.what());
    CHECK(error.code() == code);
    CHECK(contains(error.what(), what));
    CHECK(object == nullptr);
  }
  zeo_object* object = nullptr;
  CHECK(host->create(host, 77, str("own"), &object, call.abi()) == ZEO_INVALID);
}

TEST_CASE("the host hands codec chains on to whoever makes them, and logs", "[plugin]") {
  Call* asked_with = nullptr;
  Registered registered({}, [&](zeo_str codecs, const zeo_representation*, zeo_bound_codec**, const zeo_call* call) {
    asked_with = static_cast<Call*>(call->host);
    CHECK(view(codecs) == "[]");
    return zeo_status{ZEO_UNAVAILABLE};
  });
  const auto* const host = registered.catalog.host();
  Call call(registered.workers);
  zeo_representation representation{};
  zeo_bound_codec* chain = nullptr;
  CHECK(host->create_chain(host, str("[]"), &representation, &chain, call.abi()) == ZEO_UNAVAILABLE);
  CHECK(asked_with == &call);
  host->log(host, ZEO_LOG_INFO, str("test"), str("a line"));
  host->log(host, 99, str("test"), str("a line"));
  CHECK(registered.logged("a line") == 2);

  Registered bare;
  CHECK(bare.catalog.host()->create_chain(bare.catalog.host(), str("[]"), &representation, &chain, call.abi()) ==
        ZEO_UNSUPPORTED);
}

TEST_CASE("two catalogs with different plugins stand side by side", "[plugin]") {
  OwnPlugin first("test.first", {codec("own")});
  OwnPlugin second("test.second", {codec("own")});
  Registered one;
  Registered two;
  one.catalog.add(first.table);
  two.catalog.add(second.table);
  CHECK(one.codec("own").plugin == "test.first");
  CHECK(two.codec("own").plugin == "test.second");
  CHECK(one.catalog.host() != two.catalog.host());
}

TEST_CASE("init runs once however many catalogs use a plugin", "[plugin]") {
  static std::atomic<int> runs{0};
  runs = 0;
  OwnPlugin own("test.own", {codec("own")});
  own.table.init = [](const zeo_call*) -> zeo_status {
    ++runs;
    return ZEO_OK;
  };
  Registered one;
  Registered two;
  one.catalog.add(own.table);
  two.catalog.add(own.table);
  CHECK(runs == 1);
}

TEST_CASE("names are resolved from many threads while plugins are added", "[plugin][threads]") {
  const Folder folder;
  for (int i = 0; i < 20; ++i) folder.promise("acme.p" + std::to_string(i), {codec("c" + std::to_string(i))});
  OwnPlugin own("test.own", {codec("own")});
  OwnPlugin late("test.late", {codec("late")});
  own.factory(0).create =
      late.factory(0).create = [](const zeo_factory*, const zeo_host*, zeo_str, zeo_str, zeo_object**,
                                  const zeo_call*) -> zeo_status { return ZEO_UNAVAILABLE; };
  Registered registered(in({folder.path()}));
  registered.catalog.add(own.table);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        if (registered.codec_error("own").code() != ErrorCode::unavailable) ++wrong;
        // Its library is empty: all threads find out at once, and it is opened once.
        if (registered.codec_error("c" + std::to_string(i % 20)).code() != ErrorCode::not_found) ++wrong;
        if (registered.catalog.plugins().size() < 21) ++wrong;
        registered.catalog.explain(Point::codec, "c1");
      }
    });
  registered.catalog.add(late.table);
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(registered.codec_error("late").code() == ErrorCode::unavailable);
  CHECK(registered.logged("acme.p3.so") == 1);
}
