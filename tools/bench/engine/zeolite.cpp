// SPDX-License-Identifier: Apache-2.0
//
// Zeolite itself as a contestant: the public interface and nothing else.
#include <filesystem>

#include <fmt/format.h>

#include <zeolite/zeolite.hpp>

#include "contestant.hpp"

using namespace zeolite;
using bench::Job;
using bench::Workload;

namespace {

Context make_context(const Workload& workload) {
  ContextOptions options;
  options.threads = workload.threads - 1;
  return Context(options);
}

class Read : public Job {
 public:
  explicit Read(const Workload& workload)
      : array_(open_array(make_context(workload), workload.path)),
        box_{workload.start, workload.box_shape(), workload.step},
        fresh_(workload.fresh),
        bytes_(count_elements(box_.shape) * array_.data_type().item_bytes) {
    if (!fresh_) elements_ = Elements<std::byte>(bytes_);
  }

  void run() override {
    if (fresh_) {
      // What came of the last run is given back first: no more than one output is alive.
      elements_ = Elements<std::byte>();
      elements_ = Elements<std::byte>(bytes_);
    }
    array_.read(box_, elements_.data());
  }

  bench::Output output() const override { return elements_; }

 private:
  const Array array_;
  const Box box_;
  const bool fresh_;
  const std::uint64_t bytes_;
  Elements<std::byte> elements_;
};

class ReadMany : public Job {
 public:
  explicit ReadMany(const Workload& workload)
      : array_(open_array(make_context(workload), workload.path)),
        box_bytes_(count_elements(workload.shape) * array_.data_type().item_bytes),
        elements_(box_bytes_ * workload.n) {
    const auto ndim = workload.shape.size();
    for (std::uint64_t i = 0; i < workload.n; ++i) {
      const auto* const origin = workload.origins.data() + i * ndim;
      boxes_.push_back({{origin, origin + ndim}, workload.shape, {}});
    }
  }

  void run() override {
    std::vector<ReadRequest> requests;
    requests.reserve(boxes_.size());
    for (std::size_t i = 0; i < boxes_.size(); ++i) {
      requests.push_back({array_, boxes_[i], elements_.data() + i * box_bytes_, {}});
    }
    read(requests);
  }

  bench::Output output() const override { return elements_; }

 private:
  const Array array_;
  const std::uint64_t box_bytes_;
  std::vector<Box> boxes_;
  Elements<std::byte> elements_;
};

class Write : public Job {
 public:
  explicit Write(const Workload& workload)
      : context_(make_context(workload)),
        metadata_(parse_array_metadata(workload.metadata)),
        source_(workload.source),
        target_(workload.target) {}

  void run() override {
    const auto array = create_array(Store::open(context_, target_), "", metadata_);
    array.write(array.all(), source_.data());
  }

 private:
  const Context context_;
  const ArrayMetadata metadata_;
  const std::vector<std::byte> source_;
  const std::string target_;
};

class Replace : public Job {
 public:
  explicit Replace(const Workload& workload)
      : array_(open_array(make_context(workload), workload.path)), workload_(workload) {}

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

class List : public Job {
 public:
  explicit List(const Workload& workload) : context_(make_context(workload)), path_(workload.path) {}

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

  const Context context_;
  const std::string path_;
  std::uint64_t nodes_ = 0;
};

class Lookups : public Job {
 public:
  explicit Lookups(const Workload& workload) : context_(make_context(workload)), workload_(workload) {}

  void run() override {
    const auto array = open_array(context_, workload_.path);
    const auto item_bytes = array.data_type().item_bytes;
    const auto ndim = array.ndim();
    elements_.resize(workload_.n * item_bytes);
    const Shape one(ndim, 1);
    std::vector<ReadRequest> requests;
    for (std::uint64_t i = 0; i < workload_.n; ++i) {
      const auto* const origin = workload_.origins.data() + i * ndim;
      requests.push_back({array, Box{{origin, origin + ndim}, one, {}}, elements_.data() + i * item_bytes, {}});
    }
    read(requests);
  }

  bench::Output output() const override { return elements_; }

 private:
  const Context context_;
  const Workload workload_;
  std::vector<std::byte> elements_;
};

std::unique_ptr<Job> open_job(const Workload& workload) {
  if (workload.kind == "read") return std::make_unique<Read>(workload);
  if (workload.kind == "read_many") return std::make_unique<ReadMany>(workload);
  if (workload.kind == "write") return std::make_unique<Write>(workload);
  if (workload.kind == "replace") return std::make_unique<Replace>(workload);
  if (workload.kind == "list") return std::make_unique<List>(workload);
  if (workload.kind == "lookups") return std::make_unique<Lookups>(workload);
  throw bench::Unsupported{"there is no workload of kind " + workload.kind};
}

}  // namespace

int main() { return bench::serve(ZEOLITE_VERSION, &open_job); }
