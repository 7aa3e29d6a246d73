// SPDX-License-Identifier: Apache-2.0
//
// Zeolite itself as a contestant: the public interface and nothing else.
#include <optional>
#include <utility>

#include <boost/json.hpp>

#include <zeolite/zeolite.hpp>

#include "contestant.hpp"
#include "slow_store.hpp"

using namespace zeolite;
using bench::Job;
using bench::Workload;

namespace {

/// What bounds the memory of one operation beside its output.
constexpr auto budget = &ContextOptions::working_bytes;

Context make_context(const Workload& workload) {
  ContextOptions options;
  options.threads = workload.threads - 1;
  if (workload.budget != 0) options.*budget = workload.budget;
  return Context(options);
}

/// Tells after every run what the context has counted in it.
class Counted : public Job {
 public:
  void prepare() override { before_ = context_.counters(); }

  boost::json::object facts() override {
    const auto after = context_.counters();
    return {{"counters",
             {{"requests", after.requests - before_.requests},
              {"joined", after.joined - before_.joined},
              {"read_bytes", after.read_bytes - before_.read_bytes},
              {"decoded_bytes", after.decoded_bytes - before_.decoded_bytes}}}};
  }

 protected:
  explicit Counted(const Workload& workload) : context_(make_context(workload)) {}
  Context context_;

 private:
  Counters before_;
};

/// Reads an array from the store the workload names.
class Reads : public Counted {
 public:
  void prepare() override {
    if (requests_) {
      // In a new context, in which nothing is known that an earlier run has asked for, as indexes of shards.
      context_ = make_context(workload_);
      array_ = open();
      *requests_ = 0;
    }
    Counted::prepare();
  }

  boost::json::object facts() override {
    auto facts = Counted::facts();
    if (requests_) facts["requests"] = requests_->load();
    return facts;
  }

 protected:
  explicit Reads(const Workload& workload) : Counted(workload), workload_(workload) {
    if (workload.store == "slow") requests_ = std::make_shared<std::atomic<std::uint64_t>>();
    array_ = open();
  }

  const Array& array() const { return *array_; }
  const Workload workload_;

 private:
  Array open() const {
    const auto& path = workload_.path;
    if (workload_.store == "memory") {
      const auto store = Store::open(context_, "memory:");
      bench::each_file(path, [&](const std::string& key, const std::string& bytes) {
        store.set(key, std::as_bytes(std::span(bytes)));
      });
      return open_array(store);
    }
    if (workload_.store == "slow") {
      const std::chrono::duration<double> latency(workload_.latency);
      auto* const store = bench::make_slow_store({path, latency, workload_.at_once, requests_});
      return open_array(Store::adopt(context_, store, "slow:" + path));
    }
    return open_array(context_, path);
  }

  std::shared_ptr<std::atomic<std::uint64_t>> requests_;  ///< that a slow store has been given
  std::optional<Array> array_;
};

class Read : public Reads {
 public:
  explicit Read(const Workload& workload)
      : Reads(workload),
        box_{workload.start, workload.box_shape(), workload.step},
        bytes_(count_elements(box_.shape) * array().data_type().item_bytes) {
    if (!workload.fresh) elements_ = Elements<std::byte>(bytes_);
  }

  void prepare() override {
    if (workload_.fresh) elements_ = Elements<std::byte>();
    Reads::prepare();
  }

  void run() override {
    if (workload_.fresh) elements_ = Elements<std::byte>(bytes_);
    array().read(box_, elements_.data());
  }

  bench::Output output() const override { return elements_; }

 private:
  const Box box_;
  const std::uint64_t bytes_;
  Elements<std::byte> elements_;
};

/// A large array through memory for one slab of it.
class ReadSlabs : public Reads {
 public:
  explicit ReadSlabs(const Workload& workload) : Reads(workload), slab_{workload.start, workload.stop, {}} {
    slab_.shape[0] = workload.slab;
  }

  void prepare() override {
    samples_.clear();
    Reads::prepare();
  }

  void run() override {
    Elements<std::byte> elements(count_elements(slab_.shape) * array().data_type().item_bytes);
    for (slab_.origin[0] = 0; slab_.origin[0] < workload_.stop[0]; slab_.origin[0] += workload_.slab) {
      array().read(slab_, elements.data());
      bench::sample(elements, samples_);
    }
  }

  bench::Output output() const override { return samples_; }

 private:
  Box slab_;
  std::vector<std::byte> samples_;
};

class ReadMany : public Reads {
 public:
  explicit ReadMany(const Workload& workload)
      : Reads(workload),
        box_bytes_(count_elements(workload.shape) * array().data_type().item_bytes),
        elements_(box_bytes_ * workload.n) {}

  void prepare() override {
    Reads::prepare();
    const auto ndim = workload_.shape.size();
    boxes_.clear();
    for (std::uint64_t i = 0; i < workload_.n; ++i) {
      const auto* const origin = workload_.origins.data() + i * ndim;
      Box box{{origin, origin + ndim}, workload_.shape, {}};
      boxes_.push_back({array(), std::move(box), elements_.data() + i * box_bytes_, {}});
    }
  }

  void run() override { read(boxes_); }

  bench::Output output() const override { return elements_; }

 private:
  const std::uint64_t box_bytes_;
  std::vector<ReadRequest> boxes_;
  Elements<std::byte> elements_;
};

class Write : public Counted {
 public:
  explicit Write(const Workload& workload)
      : Counted(workload),
        metadata_(parse_array_metadata(workload.metadata)),
        source_(workload.source),
        target_(workload.target) {}

  void run() override {
    const auto array = create_node(Store::open(context_, target_), "", metadata_);
    array.write(array.all(), source_.data());
  }

 private:
  const ArrayMetadata metadata_;
  const std::vector<std::byte> source_;
  const std::string target_;
};

class Replace : public Counted {
 public:
  explicit Replace(const Workload& workload)
      : Counted(workload), array_(open_array(context_, workload.path)), workload_(workload) {}

  void run() override {
    ++round_;
    const auto item_bytes = array_.data_type().item_bytes;
    std::vector<std::byte> elements(count_elements(workload_.shape) * item_bytes);
    for (std::size_t i = 0; i < elements.size(); i += item_bytes) elements[i] = static_cast<std::byte>(round_);
    const auto ndim = workload_.shape.size();
    for (std::uint64_t i = 0; i < workload_.n; ++i) {
      const auto* const origin = workload_.origins.data() + i * ndim;
      array_.write(Box{{origin, origin + ndim}, workload_.shape, {}}, elements.data());
    }
  }

 private:
  const Array array_;
  const Workload workload_;
  unsigned round_ = 0;
};

class List : public Counted {
 public:
  explicit List(const Workload& workload) : Counted(workload), path_(workload.path) {}

  void run() override { nodes_ = 1 + count(open_group(context_, path_)); }
  std::uint64_t number() const override { return nodes_; }

 private:
  static std::uint64_t count(const Group& group) {
    std::uint64_t nodes = 0;
    for (const auto& member : group.open_members()) {
      ++nodes;
      const auto* const below = member.node ? std::get_if<Group>(&*member.node) : nullptr;
      if (below != nullptr) nodes += count(*below);
    }
    return nodes;
  }

  const std::string path_;
  std::uint64_t nodes_ = 0;
};

class Lookups : public Counted {
 public:
  explicit Lookups(const Workload& workload) : Counted(workload), workload_(workload) {}

  void prepare() override {
    Counted::prepare();
    const auto ndim = workload_.origins.size() / workload_.n;
    boxes_.clear();
    for (std::uint64_t i = 0; i < workload_.n; ++i) {
      const auto* const origin = workload_.origins.data() + i * ndim;
      boxes_.push_back({{origin, origin + ndim}, Shape(ndim, 1), {}});
    }
  }

  void run() override {
    const auto array = open_array(context_, workload_.path);
    const auto item_bytes = array.data_type().item_bytes;
    elements_.resize(workload_.n * item_bytes);
    std::vector<ReadRequest> requests;
    requests.reserve(boxes_.size());
    for (auto& box : boxes_) {
      requests.push_back({array, std::move(box), elements_.data() + requests.size() * item_bytes, {}});
    }
    read(requests);
  }

  bench::Output output() const override { return elements_; }

 private:
  const Workload workload_;
  std::vector<Box> boxes_;
  std::vector<std::byte> elements_;
};

std::unique_ptr<Job> open_job(const Workload& workload) {
  if (workload.kind == "read") return std::make_unique<Read>(workload);
  if (workload.kind == "read_many") return std::make_unique<ReadMany>(workload);
  if (workload.kind == "read_slabs") return std::make_unique<ReadSlabs>(workload);
  if (workload.kind == "write") return std::make_unique<Write>(workload);
  if (workload.kind == "replace") return std::make_unique<Replace>(workload);
  if (workload.kind == "list") return std::make_unique<List>(workload);
  if (workload.kind == "lookups") return std::make_unique<Lookups>(workload);
  throw bench::Unsupported{"there is no workload of kind " + workload.kind};
}

}  // namespace

int main() { return bench::serve(ZEOLITE_VERSION, &open_job); }
