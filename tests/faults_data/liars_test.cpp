// SPDX-License-Identifier: Apache-2.0
//
// A plugin that lies about its bounds or breaks the order of plans: the error names codec and plugin, what is stored
// stays as it was, and nothing goes on forever. What no host can check (a wrong address) is not tested here.
#include "liar.hpp"
#include "support.hpp"

using namespace zeolite;
using namespace zeolite::test;

namespace {

const Extension little{"bytes", {{"endian", "little"}}};

const Context& context_with_liar() {
  static const Context context = [] {
    auto made = make_context(2, 64 << 20);
    made.registry().add(liar_plugin());
    return made;
  }();
  return context;
}

Store new_liar_store() { return Store::open(context_with_liar(), "memory:"); }

Extension liar(const std::string& codec, const std::string& lie) {
  return {"liar." + codec, boost::json::object{{"lie", lie}}};
}

std::vector<Extension> chain_of(const std::string& codec, const std::string& lie) {
  if (codec == "bytes") return {little, liar(codec, lie)};
  if (codec == "view") return {liar(codec, lie), little};
  return {liar(codec, lie)};
}

/// An array made by the honest codec, opened with the liar in its place.
struct Subject {
  Subject(const std::string& codec, const std::string& lie) : store(new_liar_store()) {
    auto metadata = honest(codec);
    metadata.codecs = chain_of(codec, lie);
    put(store, "a/zarr.json", to_document(metadata));
    array.emplace(open_array(store, "a"));
    before = get(store, "a/c/0/0");
    says = {"codec liar." + codec, "plugin test.liar", "array /a"};
  }

  ArrayMetadata honest(const std::string& codec) {
    const auto made = create_array(
        store, "a", {.shape = {4, 5}, .chunk_shape = {4, 5}, .data_type = "int32", .codecs = chain_of(codec, "")});
    REQUIRE(made.unusable() == "");
    std::vector<std::int32_t> elements(20, 7);
    made.write(made.all(), elements);
    elements[6] = 8;
    made.write<std::int32_t>(box({1, 1}, {1, 1}), {8});
    REQUIRE(made.read<std::int32_t>() == elements);
    REQUIRE(made.read<std::int32_t>(box({1, 1}, {2, 1})) == std::vector<std::int32_t>{8, 7});
    return made.metadata();
  }

  void check_reads() const {
    check_refused([&] { (void)array->read<std::int32_t>(); }, says);
    check_refused([&] { (void)array->read<std::int32_t>(box({1, 1}, {2, 2})); }, says);
  }
  void check_writes() const {
    check_refused([&] { array->write<std::int32_t>(box({1, 1}, {1, 2}), {1, 2}); }, says);
    check_refused([&] { array->write(array->all(), std::vector<std::int32_t>(20, 3)); }, says);
    CHECK(get(store, "a/c/0/0") == before);
  }

  Store store;
  std::optional<Array> array;
  std::string before;
  Parts says;
};

}  // namespace

TEST_CASE("a codec whose descriptions are nonsense is refused when bound", "[bad_input]") {
  const std::vector<std::pair<std::string, Parts>> lies = {
      {"view",
       {"array without a shape", "array without a data type", "array of too many dimensions",
        "array with an empty axis", "array too large", "array with half a fill value", "array without a fill value",
        "bytes for an array", "no bound codec", "no description", "short description"}},
      {"array",
       {"array for bytes", "kind of its own", "no bound codec", "no table", "short table", "no description",
        "short description"}},
      {"bytes",
       {"array for bytes", "kind of its own", "no bound codec", "no describe", "no table", "short table",
        "no description", "short description"}},
      {"planned",
       {"chain of too many dimensions", "chain without a shape", "chain without a data type",
        "chain with half a fill value", "chain for bytes", "chain too large", "chain with an empty axis",
        "chain of nonsense", "chain of a short representation"}},
  };
  for (const auto& [codec, about] : lies) {
    for (const auto& lie : about) {
      CAPTURE(codec, lie);
      const Subject subject(codec, lie);
      CHECK(contains(subject.array->unusable(), "plugin test.liar"));
      subject.check_reads();
      subject.check_writes();
    }
  }
}

TEST_CASE("a codec that breaks its promises in coding is refused", "[bad_input]") {
  for (const std::string codec : {"array", "bytes"}) {
    for (const std::string lie : {"too small a bound", "too small a bound, not exact", "too large an exact size",
                                  "absurd exact size", "encodes nothing", "overstates what it wrote"}) {
      CAPTURE(codec, lie);
      Subject(codec, lie).check_writes();
    }
  }
  for (const std::string lie :
       {"decodes nothing", "decodes too little", "decodes too much", "overstates what it decoded"}) {
    CAPTURE(lie);
    const Subject subject("bytes", lie);
    subject.check_reads();
    check_refused([&] { subject.array->write<std::int32_t>(box({1, 1}, {1, 2}), {1, 2}); }, subject.says);
    CHECK(get(subject.store, "a/c/0/0") == subject.before);
  }
  const Subject unknown("array", "unknown status");
  unknown.check_reads();
  unknown.check_writes();
  // Larger than promised for shorter values too: a promise is about every value.
  const Subject greedy("bytes", "goes on after a refusal");
  greedy.check_writes();
}

TEST_CASE("a codec that decodes nothing shows nothing of other memory where elements point to memory", "[bad_input]") {
  const auto store = new_liar_store();
  const auto array =
      create_array(store, "a", {.shape = {4}, .chunk_shape = {4}, .data_type = "string", .codecs = {"vlen-utf8"}});
  array.write_strings(array.all(), std::vector<std::string>{"a", "b", "c", "d"});
  auto metadata = array.metadata();
  metadata.codecs = {liar("array", "decodes nothing")};
  put(store, "a/zarr.json", to_document(metadata));
  const auto lied_to = open_array(store, "a");
  CHECK(lied_to.read_strings(lied_to.all()) == std::vector<std::string>(4));
  CHECK(lied_to.read_strings(box({1}, {2})) == std::vector<std::string>(2));
}

TEST_CASE("stored bytes are never taken for addresses", "[bad_input]") {
  const auto store = new_liar_store();
  const auto array =
      create_array(store, "a", {.shape = {4}, .chunk_shape = {4}, .data_type = "string", .codecs = {"vlen-utf8"}});
  for (const auto& codec : {liar("array", "stored as in memory"), liar("planned", "raw piece")}) {
    CAPTURE(codec.name);
    auto metadata = array.metadata();
    metadata.codecs = {codec};
    put(store, "a/zarr.json", to_document(metadata));
    put(store, "a/c/0", std::string(64, 'x'));
    const auto lied_to = open_array(store, "a");
    check_refused([&] { (void)lied_to.read_strings(lied_to.all()); }, {"address", "plugin test.liar", "array /a"});
    check_refused([&] { (void)lied_to.read_strings(box({1}, {2})); }, {"address", "plugin test.liar", "array /a"});
  }
}

TEST_CASE("a view or box that is none is refused", "[bad_input]") {
  for (const std::string lie : {"box outside", "box without a step", "view of another shape"}) {
    CAPTURE(lie);
    const Subject subject("view", lie);
    subject.check_reads();
  }
}

TEST_CASE("a plan that asks for absurd ranges is refused", "[bad_input]") {
  for (const std::string lie :
       {"range far outside", "range that overflows", "range of exabytes", "rest from far outside",
        "many ranges of gigabytes", "no ranges", "more ranges than there is memory", "ranges at no address", "no plan",
        "unknown want"}) {
    CAPTURE(lie);
    const Subject subject("planned", lie);
    subject.check_reads();
    check_refused([&] { subject.array->write<std::int32_t>(box({1, 1}, {1, 2}), {1, 2}); }, subject.says);
    CHECK(get(subject.store, "a/c/0/0") == subject.before);
  }
  // More of the end than there is means all of it.
  for (const std::string lie : {"suffix of exabytes", "suffix of everything"}) {
    CAPTURE(lie);
    const Subject subject("planned", lie);
    Elements<std::int32_t> elements;
    const auto error = error_of([&] { elements = subject.array->read<std::int32_t>(); });
    CHECK((error ? contains(error->what(), "plugin test.liar") : elements[6] == 8));
  }
}

TEST_CASE("a plan that never ends is ended", "[bad_input]") {
  for (const std::string lie : {"ranges without end", "pieces without end", "empty pages without end"}) {
    CAPTURE(lie);
    const Subject subject("planned", lie);
    subject.check_reads();
    subject.check_writes();
  }
}

TEST_CASE("a plan that names impossible pieces is refused", "[bad_input]") {
  for (const std::string lie :
       {"piece outside the chunk", "piece at the end of all numbers", "piece across the edge",
        "piece larger than the chunk", "raw piece larger than the chunk", "empty piece", "piece without a codec",
        "piece with its own codec", "piece of unknown kind", "piece of another shape", "piece at no address",
        "piece of no shape", "no pieces", "more pieces than elements", "pieces at no address",
        "chain of wider elements", "chain of fewer dimensions"}) {
    CAPTURE(lie);
    const Subject subject("planned", lie);
    subject.check_reads();
    subject.check_writes();
  }
  for (const std::string lie : {"piece beyond the value", "piece whose range overflows", "piece of exabytes",
                                "raw piece of too few bytes", "half of the elements", "done at once",
                                "segments when reading", "the same piece twice", "ranges after pieces"}) {
    CAPTURE(lie);
    const Subject subject("planned", lie);
    check_refused([&] { (void)subject.array->read<std::int32_t>(); }, subject.says);
  }
}

TEST_CASE("a plan that names impossible segments is refused, and the old value stays", "[bad_input]") {
  for (const std::string lie :
       {"segment of a piece that is none", "segment of a piece far away", "segment of unknown kind", "segment twice",
        "old bytes far outside", "old bytes that overflow", "old bytes of exabytes", "old bytes again and again",
        "new bytes at no address", "more segments than there is memory", "segments at no address"}) {
    CAPTURE(lie);
    const Subject subject("planned", lie);
    subject.check_writes();
  }
}

TEST_CASE("a plan that carries over bytes of a value that does not exist is refused, and nothing is stored",
          "[bad_input]") {
  const Subject subject("planned", "old bytes of nothing");
  // With a value it is no lie.
  subject.array->write<std::int32_t>(box({1, 1}, {1, 2}), {1, 2});
  CHECK(get(subject.store, "a/c/0/0") == subject.before);

  subject.array->erase_chunk({0, 0});
  const auto keys = keys_of(subject.store);
  auto says = subject.says;
  says.push_back("does not exist");
  const auto write_part = [&] { subject.array->write<std::int32_t>(box({1, 1}, {1, 2}), {1, 2}); };
  const auto write_all = [&] { subject.array->write(subject.array->all(), std::vector<std::int32_t>(20, 3)); };
  check_refused(write_part, says);
  check_refused(write_all, says);
  CHECK(keys_of(subject.store) == keys);
}

TEST_CASE("a codec that passes on arrays of another rank than its chain was bound to is refused", "[bad_input]") {
  for (const std::string lie : {"chain shown too few dimensions", "chain shown too many dimensions"}) {
    CAPTURE(lie);
    Subject subject("array", lie);
    subject.says.push_back("dimensions");
    subject.check_reads();
    subject.check_writes();
  }
  // It is the rank that is refused, not the chain.
  const Subject honest("array", "chain shown as it is");
  CHECK(honest.array->read<std::int32_t>(box({1, 1}, {2, 1})) == std::vector<std::int32_t>{8, 7});
  honest.array->write<std::int32_t>(box({2, 1}, {1, 1}), {9});
  CHECK(honest.array->read<std::int32_t>(box({1, 1}, {2, 1})) == std::vector<std::int32_t>{8, 9});
}

TEST_CASE("a chunk key encoding that says wrongly where its keys end is refused", "[bad_input]") {
  const auto store = new_liar_store();
  const auto open_with = [&](const std::string& lie) {
    const auto made =
        create_array(store, "g/a", {.shape = {6, 5}, .chunk_shape = {2, 5}, .data_type = "int32", .overwrite = true});
    auto metadata = made.metadata();
    metadata.chunk_key_encoding = liar("keys", lie);
    put(store, "g/a/zarr.json", to_document(metadata));
    return open_array(store, "g/a");
  };
  const std::vector<std::int32_t> elements(30, 7);
  {
    const auto honest = open_with("");
    honest.write(honest.all(), elements);
    CHECK(honest.read<std::int32_t>() == elements);
    CHECK(get(store, "g/a/c2-0") != "(nothing)");
  }
  for (const std::string lie : {"lengths", "ends that go back", "an end past the keys", "a last end past the keys",
                                "a last end short of the keys", "no ends"}) {
    CAPTURE(lie);
    const auto array = open_with(lie);
    const auto keys = keys_of(store);
    const Parts says = {"keys", "array /g/a"};
    check_refused([&] { (void)array.read<std::int32_t>(); }, says);
    check_refused([&] { (void)array.read<std::int32_t>(box({1, 1}, {4, 2})); }, says);
    check_refused([&] { array.write(array.all(), elements); }, says);
    check_refused([&] { array.write<std::int32_t>(box({1, 1}, {2, 1}), {1, 2}); }, says);
    CHECK(keys_of(store) == keys);
  }
}
