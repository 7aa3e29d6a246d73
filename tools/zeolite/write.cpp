// SPDX-License-Identifier: Apache-2.0
//
// `zeolite write`: elements from a file or standard input into an array.
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "elements.hpp"
#include "npy.hpp"
#include "progress.hpp"
#include "session.hpp"
#include "slabs.hpp"
#include "stream.hpp"
#include "text.hpp"

namespace zeolite::tool {
namespace {

/// JSON input is held in memory as a whole.
constexpr std::uint64_t max_json_bytes = std::uint64_t{1} << 30;

struct Options {
  NodeLocation node;
  std::string file = "-";
  std::string box;
  std::string format = "npy";
};

class Write {
 public:
  Write(const Context& context, const Options& options)
      : options_(options),
        array_(options.node.open_array(context)),
        info_(array_.data_type()),
        box_(parse_box(options.box, array_)),
        budget_bytes_(context.runtime().working_bytes),
        input_(options.file) {}

  void run() {
    if (options_.format == "json") return json();
    if (info_.variable) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("elements of {} differ in length and have no {} form; use --format json",
                              array_.metadata().data_type.name, options_.format))
          .at("array", array_.path());
    }
    if (options_.format == "raw") return fixed(unit_to_little_endian(info_), false);
    const auto header = read_npy_header(input_);
    const auto file_unit = match_npy_type(header.type, array_);
    if (header.shape != box_.shape) {
      throw Error(ErrorCode::invalid, fmt::format("{} has the shape {}, the box to write {}", input_.name(),
                                                  to_text(header.shape), to_text(box_.shape)))
          .at("array", array_.path());
    }
    // Big-endian input on a big-endian machine is as it should be; otherwise one of the two swaps.
    const auto machine_unit = unit_to_little_endian(info_);
    fixed(file_unit == machine_unit ? 1 : std::max(file_unit, machine_unit), header.fortran_order);
  }

 private:
  void fixed(std::size_t unit, bool fortran_order) {
    const auto elements = count_elements(box_.shape);
    std::uint64_t total_bytes = 0;
    if (__builtin_mul_overflow(elements, info_.item_bytes, &total_bytes)) {
      throw Error(ErrorCode::invalid, "the box has more bytes than can be counted").at("array", array_.path());
    }
    if (const auto there = input_.remaining_bytes(); there && *there != total_bytes) wrong_size(*there, total_bytes);

    Progress progress("written", total_bytes);
    Slabs slabs(array_, box_, info_.item_bytes, budget_bytes_, fortran_order);
    std::vector<std::byte> memory;
    while (const auto piece = slabs.next()) {
      memory.resize(count_elements(piece->shape) * info_.item_bytes);
      const auto got = input_.read(memory);
      done_bytes_ += got;
      if (got < memory.size()) wrong_size(done_bytes_, total_bytes);
      check_bools(memory);
      swap_bytes(memory, unit);
      array_.write(*piece, memory.data(), fortran_order ? fortran_strides(piece->shape) : Strides());
      progress.add(memory.size());
    }
    std::byte more{};
    if (input_.read(std::span(&more, 1)) != 0) {
      throw Error(ErrorCode::invalid, fmt::format("{} goes on after the {} bytes of the box, which have been written",
                                                  input_.name(), total_bytes))
          .at("array", array_.path());
    }
  }

  [[noreturn]] void wrong_size(std::uint64_t found, std::uint64_t wanted) const {
    throw Error(
        ErrorCode::invalid,
        fmt::format("{} has {} bytes of elements; the box of shape {} needs {} ({} of {} bytes each)", input_.name(),
                    found, to_text(box_.shape), wanted, count_elements(box_.shape), info_.item_bytes))
        .at("array", array_.path());
  }

  void check_bools(std::span<const std::byte> bytes) const {
    if (info_.type_class != ZEO_CLASS_BOOL) return;
    if (std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b <= std::byte{1}; })) return;
    throw Error(ErrorCode::invalid, fmt::format("{} holds bytes other than 0 and 1, which are no bools", input_.name()))
        .at("array", array_.path());
  }

  Strides fortran_strides(const Shape& shape) const {
    Strides strides;
    auto stride = static_cast<std::int64_t>(info_.item_bytes);
    for (const auto length : shape) {
      strides.push_back(stride);
      stride *= static_cast<std::int64_t>(length);
    }
    return strides;
  }

  void json() {
    const auto elements = [&] {
      try {
        return parse_elements(input_.read_all(max_json_bytes), array_, info_);
      } catch (Error& error) {
        throw error.at("array", array_.path()).at("input", input_.name());
      }
    }();
    if (elements.count != count_elements(box_.shape)) {
      throw Error(ErrorCode::invalid,
                  fmt::format("{} is a list of {} elements; the box of shape {} has {}", input_.name(), elements.count,
                              to_text(box_.shape), count_elements(box_.shape)))
          .at("array", array_.path());
    }
    if (elements.count == 0) return;
    if (info_.variable) {
      array_.write_strings(box_, elements.variable);
    } else {
      array_.write(box_, elements.fixed.data());
    }
  }

  const Options& options_;
  const Array array_;
  const DataTypeInfo info_;
  const Box box_;
  const std::uint64_t budget_bytes_;
  Input input_;
  std::uint64_t done_bytes_ = 0;
};

}  // namespace

void add_write(CLI::App& app, const Globals& globals, Action& action) {
  auto* const command = app.add_subcommand("write", "Write elements from a file or standard input into an array");
  const auto options = std::make_shared<Options>();
  options->node.declare(*command, "The array, which exists (see `zeolite create`)");
  command->get_option("LOCATION")->required();
  command->add_option("FILE", options->file, "Where the elements are; - is standard input")->capture_default_str();
  command->add_option("--box", options->box, "Where they go, as in NumPy: \"0:10,5:20:2\"; left out: the whole array");
  command
      ->add_option(
          "--format", options->format,
          "npy: a NumPy file, whose type and shape must be those of the box; raw: little-endian bytes in C order; "
          "json: one flat list")
      ->check(CLI::IsMember({"npy", "raw", "json"}))
      ->capture_default_str();
  command->footer(
      "Input that is too short or too long is refused; from a pipe this may only show after some chunks were "
      "written.\n\n"
      "Examples:\n"
      "  zeolite write data.zarr/temperature day.npy --box \"3\"\n"
      "  head -c 400 /dev/urandom | zeolite write noise.zarr --format raw\n"
      "  echo '[\"north\", \"south\"]' | zeolite write data.zarr/names --format json");
  command->callback([&globals, &action, options] {
    action = [&globals, options] {
      const auto context = make_context(globals);
      Write(context, *options).run();
    };
  });
}

}  // namespace zeolite::tool
