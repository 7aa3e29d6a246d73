// SPDX-License-Identifier: Apache-2.0
//
// `zeolite cat`: elements to standard output.
#include <memory>

#include <fmt/format.h>
#include <unistd.h>
#include <boost/json/value.hpp>

#include "elements.hpp"
#include "npy.hpp"
#include "progress.hpp"
#include "session.hpp"
#include "slabs.hpp"
#include "stream.hpp"
#include "text.hpp"

namespace zeolite::tool {
namespace {

/// What an element of variable length is taken to need, payload included, when pieces are cut.
constexpr std::uint64_t variable_item_bytes = 256;

struct Options {
  NodeLocation node;
  std::string box;
  std::string format;
};

class Cat {
 public:
  Cat(const Context& context, const Options& options)
      : options_(options),
        array_(options.node.open_array(context)),
        info_(array_.data_type()),
        box_(parse_box(options.box, array_)),
        budget_bytes_(context.runtime().working_bytes) {}

  void run() {
    if (options_.format == "json") {
      output_.write("[");
      info_.variable ? strings() : fixed([&](std::span<std::byte> bytes) { list_fixed(bytes); });
      output_.write("]");
      // Exactly the list, so that it can be hashed; a terminal alone gets a line end.
      if (::isatty(STDOUT_FILENO) == 1) output_.write("\n");
    } else {
      if (info_.variable) {
        throw Error(ErrorCode::unsupported,
                    fmt::format("elements of {} differ in length and have no {} form; use --format json",
                                array_.metadata().data_type.name, options_.format))
            .at("array", array_.path());
      }
      if (options_.format == "npy") output_.write(npy_header({numpy_type(), false, box_.shape}));
      const auto unit = unit_to_little_endian(info_);
      fixed([&](std::span<std::byte> bytes) {
        swap_bytes(bytes, unit);
        output_.write(bytes);
      });
    }
    output_.close();
  }

 private:
  boost::json::value numpy_type() const {
    auto type = array_.numpy_type();
    if (type) return std::move(*type);
    throw Error(ErrorCode::unsupported,
                fmt::format("NumPy has no form for {}; use --format raw or json", array_.metadata().data_type.name))
        .at("array", array_.path());
  }

  /// Reads piece by piece and hands each on as bytes in this machine's order.
  template <class Take>
  void fixed(Take take) {
    std::uint64_t total_bytes = 0;
    if (__builtin_mul_overflow(count_elements(box_.shape), info_.item_bytes, &total_bytes)) total_bytes = 0;
    Progress progress("read", total_bytes);
    Slabs slabs(array_, box_, info_.item_bytes, budget_bytes_);
    std::unique_ptr<std::byte[]> memory;
    std::uint64_t capacity = 0;
    while (const auto piece = slabs.next()) {
      const auto bytes = count_elements(piece->shape) * info_.item_bytes;
      if (bytes > capacity) {
        memory.reset();
        memory = std::make_unique_for_overwrite<std::byte[]>(bytes);
        capacity = bytes;
      }
      array_.read(*piece, memory.get());
      take(std::span(memory.get(), bytes));
      progress.add(bytes);
    }
  }

  void list_fixed(std::span<const std::byte> bytes) {
    // In runs, since the text of an element is many times longer than the element.
    const auto run = std::max<std::size_t>(1, (std::size_t{1} << 16) / info_.item_bytes) * info_.item_bytes;
    for (std::size_t begin = 0; begin < bytes.size(); begin += run) {
      separate();
      text_.clear();
      append_json(text_, array_, info_, bytes.subspan(begin, std::min(run, bytes.size() - begin)));
      output_.write(text_);
    }
  }

  void strings() {
    Progress progress("read", 0);
    Slabs slabs(array_, box_, variable_item_bytes, budget_bytes_);
    while (const auto piece = slabs.next()) {
      separate();
      text_.clear();
      append_json(text_, array_, info_, array_.read_strings(*piece));
      output_.write(text_);
      progress.add(text_.size());
    }
  }

  void separate() {
    if (!first_) output_.write(", ");
    first_ = false;
  }

  const Options& options_;
  const Array array_;
  const DataTypeInfo info_;
  const Box box_;
  const std::uint64_t budget_bytes_;
  Output output_;
  std::string text_;
  bool first_ = true;
};

}  // namespace

void add_cat(CLI::App& app, const Globals& globals, Action& action) {
  auto* const command = app.add_subcommand("cat", "Write an array's elements to standard output");
  const auto options = std::make_shared<Options>();
  options->node.declare(*command, "The array");
  command->get_option("LOCATION")->required();
  command->add_option("--box", options->box,
                      "Which elements, as in NumPy: \"0:10,5:20:2\"; axes at the end may be left out");
  command
      ->add_option("--format", options->format,
                   "raw: little-endian bytes in C order; npy: a NumPy file; json: one flat list; "
                   "left out: raw, or json with --json")
      ->check(CLI::IsMember({"raw", "npy", "json"}));
  command->footer(
      "Examples:\n"
      "  zeolite cat data.zarr/temperature | sha256sum\n"
      "  zeolite cat data.zarr/temperature --box \"0:10,::100\" --format npy > patch.npy\n"
      "  zeolite cat data.zarr/names --format json");
  command->callback([&globals, &action, options] {
    action = [&globals, options] {
      if (options->format.empty()) options->format = globals.json ? "json" : "raw";
      if (options->format != "json" && ::isatty(STDOUT_FILENO) == 1) {
        throw UsageError("a terminal cannot show bytes; send them to a file or a program, or use --format json");
      }
      const auto context = make_context(globals);
      Cat(context, *options).run();
    };
  });
}

}  // namespace zeolite::tool
