// SPDX-License-Identifier: Apache-2.0
//
// The author classes for stores: whatever an author does, every operation is answered once and nothing is thrown.
#include <zeolite/testing/storage_transformer_suite.hpp>

using namespace zeolite;
using namespace zeolite::testing;

namespace {

/// The least an author can write.
class OnlyGet : public sdk::BlockingStore {
 public:
  bool get(std::string_view key, sdk::Reading& reading) override {
    if (key == "answer") {
      reading.answer(value);
    } else if (key == "error") {
      throw sdk::failure(ZEO_DENIED, "not for you");
    } else if (key == "exception") {
      throw std::runtime_error("unexpected");
    } else if (key == "number") {
      throw 5;
    } else if (key == "memory") {
      throw std::bad_alloc();
    } else {
      return false;
    }
    return true;
  }
  const std::vector<std::uint8_t> value = {1, 2, 3, 4};
};

/// An author who forgets operations, and may throw on top of it.
class Forgetful : public sdk::Store {
 public:
  explicit Forgetful(bool throws) : throws_(throws) {}
  sdk::StoreProperties properties() const override { return {.writable = true, .concurrency = 0}; }
  void submit(std::span<sdk::Operation> operations, const sdk::Call&) override {
    operations[0].succeed({});
    operations[0].succeed({});  // answered already: nothing happens
    if (operations.size() > 2) const auto lost = std::move(operations[1]);
    if (throws_) throw sdk::failure(ZEO_UNAVAILABLE, "come back later");
  }

 private:
  bool throws_;
};

Object<zeo_store> make(std::unique_ptr<sdk::Store> store) {
  return Object<zeo_store>(sdk::Store::make(std::move(store)));
}

}  // namespace

TEST_CASE("sdk: a blocking store needs nothing but get") {
  const auto object = make(std::make_unique<OnlyGet>());
  const StoreDriver store(object.get());
  CHECK(store.properties().flags == (ZEO_STORE_READABLE | ZEO_STORE_BLOCKING));
  CHECK((store.get("answer") == StoreBytes{1, 2, 3, 4}));
  StoreOp head(ZEO_OP_HEAD, "answer");
  CHECK(store.run(head) == ZEO_OK);
  CHECK(head.value_bytes == 4);
  StoreOp none(ZEO_OP_HEAD, "nothing");
  CHECK(store.run(none) == ZEO_NOT_FOUND);
  StoreOp part(ZEO_OP_GET, "answer");
  CHECK(store.run(part.range(ZEOLITE_SUFFIX, 1)) == ZEO_OK);
  CHECK((part.values[0] == StoreBytes{4}));

  const BenchCall call;
  for (const std::uint32_t kind : {ZEO_OP_SET, ZEO_OP_DELETE, ZEO_OP_DELETE_PREFIX}) {
    StoreOp op(kind, "x/");
    CHECK(store.run(op) == ZEO_UNSUPPORTED);
    CHECK_FALSE(op.message.empty());
  }
  StoreOp over(ZEO_OP_SET_RANGE, "answer");
  CHECK(store.run(over.range(0, 1).part({9})) == ZEO_UNSUPPORTED);
  StoreOp malformed(ZEO_OP_SET_RANGE, "answer");
  CHECK(store.run(malformed) == ZEO_INVALID);
  CHECK(store.list("", true)->status == ZEO_UNSUPPORTED);
}

TEST_CASE("sdk: what an author throws becomes the answer") {
  const auto object = make(std::make_unique<OnlyGet>());
  const StoreDriver store(object.get());
  const std::tuple<const char*, zeo_status, const char*> expected[] = {{"error", ZEO_DENIED, "not for you"},
                                                                       {"exception", ZEO_INTERNAL, "unexpected"},
                                                                       {"number", ZEO_INTERNAL, "unknown type"},
                                                                       {"memory", ZEO_NO_MEMORY, "out of memory"}};
  for (const auto& [key, status, message] : expected) {
    StoreOp get(ZEO_OP_GET, key);
    CHECK(store.run(get) == status);
    CHECK_THAT(get.message, Catch::Matchers::Contains(message));
  }
}

TEST_CASE("sdk: operations an author forgets are answered") {
  for (const bool throws : {false, true}) {
    const auto object = make(std::make_unique<Forgetful>(throws));
    const StoreDriver store(object.get());
    CHECK(store.properties().concurrency == 0);
    StoreOp answered(ZEO_OP_GET, "a");
    StoreOp lost(ZEO_OP_GET, "b");
    StoreOp left(ZEO_OP_GET, "c");
    const BenchCall call;
    CHECK(store.run({&answered, &lost, &left}, call));
    CHECK(answered.status == ZEO_OK);
    CHECK(lost.status == ZEO_INTERNAL);
    CHECK(left.status == (throws ? ZEO_UNAVAILABLE : ZEO_INTERNAL));
    CHECK_FALSE(left.message.empty());
  }
}

TEST_CASE("sdk: a loop of the host that stops early loses no operation") {
  const auto object = make(std::make_unique<OnlyGet>());
  const StoreDriver store(object.get());
  BenchCall base;
  auto call = *base.abi();
  call.concurrency = 4;
  std::vector<std::unique_ptr<StoreOp>> operations;
  std::vector<StoreOp*> batch;
  for (int i = 0; i < 10; ++i) batch.push_back(operations.emplace_back(new StoreOp(ZEO_OP_GET, "answer")).get());
  SECTION("at once") {
    call.parallel_for = [](const zeo_call*, std::uint64_t, zeo_body, void*) -> zeo_status { return ZEO_NO_MEMORY; };
    CHECK(store.run(batch, &call));
  }
  SECTION("half way, with a turn done twice") {
    call.parallel_for = [](const zeo_call* self, std::uint64_t, zeo_body body, void* environment) -> zeo_status {
      for (const std::uint64_t i : {3, 3, 0, 9}) (void)body(environment, i, self);
      return ZEO_CANCELLED;
    };
    CHECK(store.run(batch, &call));
  }
  for (const auto* const operation : batch) CHECK(operation->status == (operation->answered() ? ZEO_OK : -1));
}

TEST_CASE("sdk: a listing folds, tells apart and counts each prefix once") {
  class Fixed : public OnlyGet {
   public:
    sdk::StoreProperties properties() const override { return {.listable = true}; }
    void list(sdk::Listing& listing) override {
      for (const auto* const key : {"a/b", "c", "a/d/e", "ab", "b/x", "a/d/f"}) listing.add(key, 7);
    }
  };
  const auto object = make(std::make_unique<Fixed>());
  const StoreDriver store(object.get());
  using Keys = std::vector<std::string>;
  CHECK(store.keys("", true) == Keys{"a/", "ab", "b/", "c"});
  CHECK(store.keys("a/", true) == Keys{"a/b", "a/d/"});
  CHECK(store.keys("a/") == Keys{"a/b", "a/d/e", "a/d/f"});
}

TEST_CASE("sdk: the store the transformers' suite uses passes the store suite") {
  store_suite([] { return make(std::make_unique<store_detail::PlainStore>(false)); });
}

TEST_CASE("sdk: a blocking store may be released inside of its last answer") {
  struct Releasing {
    zeo_store_op operation{};
    zeo_out out{nullptr, 0, 0, [](zeo_out*, std::uint64_t) -> zeo_status { return ZEO_NO_MEMORY; }, nullptr};
    std::atomic<int>* left = nullptr;
    Object<zeo_store>* store = nullptr;
  };
  for (const std::uint32_t threads : {1U, 3U}) {
    auto object = make(std::make_unique<OnlyGet>());
    std::atomic<int> left = 10;
    std::vector<Releasing> all(10);
    std::vector<zeo_store_op*> batch;
    for (auto& one : all) {
      one.left = &left;
      one.store = &object;
      one.operation.struct_size = sizeof one.operation;
      one.operation.kind = ZEO_OP_GET;
      one.operation.key = {"nothing", 7};
      one.operation.outs = &one.out;
      one.operation.host = &one;
      one.operation.done = [](zeo_store_op* self, const zeo_store_result*) {
        auto& one = *static_cast<Releasing*>(self->host);
        if (--*one.left == 0) one.store->reset();
      };
      batch.push_back(&one.operation);
    }
    auto* const store = object.get();
    store->v->submit(store, batch.data(), batch.size(), ThreadedCall(threads));
    CHECK(left == 0);
    CHECK_FALSE(object);
  }
}
