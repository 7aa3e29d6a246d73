// SPDX-License-Identifier: Apache-2.0
//
// Stores that do not know when a listing has ended.
#include <zeolite/testing/catch.hpp>

#include "engine/store_impl.hpp"
#include "engine_support.hpp"

using namespace zeolite;

namespace {

/// Answers each listing with one page, and then goes on: at once, or when it is told to.
class Talkative {
 public:
  explicit Talkative(bool at_once) : abi_{{&table}, this}, at_once_(at_once) {}

  zeo_store* abi() { return &abi_.store; }

  /// One more page of the last listing, and one more end. What it was told about the page.
  zeo_status talk_on() {
    const auto told = page(request_, "b");
    done(request_, ZEO_IO);
    return told;
  }

 private:
  struct Abi {
    zeo_store store;
    Talkative* self;
  };

  static const zeo_store_properties* properties_of(const zeo_store*) {
    static constexpr zeo_store_properties properties = {
        sizeof(zeo_store_properties), ZEO_STORE_READABLE | ZEO_STORE_LISTABLE, 0, 0, 0, 1, 0};
    return &properties;
  }
  static void submit(zeo_store*, zeo_store_op* const* operations, std::uint64_t n, const zeo_call*) {
    const zeo_store_result nothing{sizeof nothing, ZEO_NOT_FOUND, {}, UINT64_MAX, {}};
    for (std::uint64_t i = 0; i < n; ++i) operations[i]->done(operations[i], &nothing);
  }
  static void list(zeo_store* store, zeo_list_request* request, const zeo_call*) {
    auto& self = *reinterpret_cast<Abi*>(store)->self;
    self.request_ = request;
    (void)page(request, "a");
    done(request, ZEO_OK);
    if (self.at_once_) (void)self.talk_on();
  }

  static zeo_status page(zeo_list_request* request, std::string_view key) {
    const zeo_list_entry entry{{key.data(), key.size()}, UINT64_MAX};
    return request->page(request, &entry, 1);
  }
  static void done(zeo_list_request* request, zeo_status status) {
    const zeo_store_result result{sizeof result, status, {}, UINT64_MAX, {}};
    request->done(request, &result);
  }

  static constexpr zeo_store_vtable table = {
      {sizeof(zeo_store_vtable), 0, [](zeo_object*) {}, nullptr,
       [](const zeo_object*, zeo_out*, const zeo_call*) -> zeo_status { return ZEO_OK; }},
      &properties_of,
      &submit,
      &list,
      nullptr};

  Abi abi_;
  const bool at_once_;
  zeo_list_request* request_ = nullptr;
};

std::vector<std::string> keys_of(const Store& store) {
  std::vector<std::string> keys;
  store.list("", false, [&](const StoreEntry& entry) { keys.push_back(entry.key); });
  return keys;
}

}  // namespace

TEST_CASE("what a store says of a listing after its end is not heard", "[engine]") {
  const Context context;
  for (const bool at_once : {true, false}) {
    CAPTURE(at_once);
    const auto before = context.counters().stray_answers;
    Talkative talkative(at_once);
    const auto store = Store::adopt(context, talkative.abi(), "talkative:");
    CHECK(keys_of(store) == std::vector<std::string>{"a"});
    if (!at_once) CHECK(talkative.talk_on() == ZEO_CANCELLED);
    CHECK(context.counters().stray_answers - before == 2);
    // Nor is it taken for the answer to the next.
    CHECK(keys_of(store) == std::vector<std::string>{"a"});
  }
}

TEST_CASE("what a store says after the end of a listing of a part of it is not heard", "[engine]") {
  Talkative talkative(false);
  Tickets tickets;
  const auto scoped = make_scoped_store(talkative.abi(), "", tickets);
  struct Heard {
    zeo_list_request request{};
    int pages = 0, ends = 0;
  } heard;
  heard.request.struct_size = sizeof heard.request;
  heard.request.host = &heard;
  heard.request.page = [](zeo_list_request* self, const zeo_list_entry*, std::uint64_t) -> zeo_status {
    ++static_cast<Heard*>(self->host)->pages;
    return ZEO_OK;
  };
  heard.request.done = [](zeo_list_request* self, const zeo_store_result*) { ++static_cast<Heard*>(self->host)->ends; };
  Workers alone(nullptr);
  const Call call(alone);
  scoped->v->list(scoped.get(), &heard.request, call);
  CHECK(talkative.talk_on() == ZEO_CANCELLED);
  CHECK(heard.pages == 1);
  CHECK(heard.ends == 1);
  CHECK(tickets.stray_answers() == 2);
}
