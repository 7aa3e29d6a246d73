// SPDX-License-Identifier: Apache-2.0
//
// Both ways of staying below the root, by the kernel and by walking, agree.
#include "tree.hpp"
#include "location.hpp"
#include "test_support.hpp"

using namespace zeolite;
using namespace zeolite::testing;

namespace {

/// What is found under a path: the text of a file, "directory", or the error.
std::string found(const file::Tree& tree, const std::string& path) {
  const auto fd = tree.open(path, O_RDONLY);
  if (!fd) return fmt::format("error {}", fd.error());
  struct stat status;
  REQUIRE(::fstat(fd.get(), &status) == 0);
  if (S_ISDIR(status.st_mode)) return "directory";
  char text[100];
  const auto n = ::read(fd.get(), text, sizeof text);
  return std::string(text, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
}

}  // namespace

TEST_CASE("walking finds what the kernel finds") {
  const Folder folder;
  folder.write("outside", "secret");
  folder.write("root/a/b/c", "abc");
  folder.write("root/top", "top");
  const auto root = folder.path() / "root";
  const std::pair<const char*, const char*> links[] = {{"a/to_top", "../top"},         {"a/b/up", ".."},
                                                       {"a/b/to_link", "../to_top"},   {"to_b", "a/b"},
                                                       {"to_b_slash", "a/./b/"},       {"to_root", "."},
                                                       {"a/root_again", ".."},         {"out", "../outside"},
                                                       {"out_and_in", "../root/top"},  {"a/out", "../../outside"},
                                                       {"absolute", "/etc"},           {"loop", "loop"},
                                                       {"loop_a", "loop_b"},           {"loop_b", "loop_a"},
                                                       {"dangling", "nothing/at/all"}, {"not_a_directory", "top/x"},
                                                       {"up_from_file", "top/.."}};
  for (const auto& [link, target] : links) fs::create_symlink(target, root / link);

  const file::Tree walking(root, false, false);
  const std::pair<const char*, std::string> expected[] = {
      {"top", "top"},
      {"a/b/c", "abc"},
      {"a/to_top", "top"},
      {"a/b/to_link", "top"},
      {"to_b/c", "abc"},
      {"to_b_slash/c", "abc"},
      {"to_b", "directory"},
      {"a/b/up/b/c", "abc"},
      {"a/b/up", "directory"},
      {"to_root/to_root/a/root_again/top", "top"},
      {"to_root", "directory"},
      {"a", "directory"},
      {"", "directory"},
      {"out", fmt::format("error {}", EXDEV)},
      {"out_and_in", fmt::format("error {}", EXDEV)},
      {"a/out", fmt::format("error {}", EXDEV)},
      {"absolute", fmt::format("error {}", EXDEV)},
      {"absolute/passwd", fmt::format("error {}", EXDEV)},
      {"loop", fmt::format("error {}", ELOOP)},
      {"loop_a/x", fmt::format("error {}", ELOOP)},
      {"dangling", fmt::format("error {}", ENOENT)},
      {"nothing", fmt::format("error {}", ENOENT)},
      {"a/nothing/c", fmt::format("error {}", ENOENT)},
      {"top/x", fmt::format("error {}", ENOTDIR)},
      {"not_a_directory", fmt::format("error {}", ENOTDIR)},
  };
  for (const auto& [path, what] : expected) {
    INFO(path);
    CHECK(found(walking, path) == what);
    if (file::Tree::kernel_resolves()) {
      CHECK(found(file::Tree(root, false, true), path) == what);
    }
  }
  if (!file::Tree::kernel_resolves()) WARN("SKIPPED: this kernel does not resolve paths beneath a directory");
}

TEST_CASE("directories are made below the root only") {
  const Folder folder;
  for (const bool by_kernel : {false, true}) {
    if (by_kernel && !file::Tree::kernel_resolves()) continue;
    const auto root = folder.path() / (by_kernel ? "kernel" : "walk");
    const file::Tree tree(root, false, by_kernel);
    CHECK(tree.directory("a/b", false).error() == ENOENT);
    CHECK_FALSE(fs::exists(root));
    CHECK(tree.directory("a/b", true));
    CHECK(tree.directory("a/b/c/d", true, O_RDONLY));
    CHECK(fs::is_directory(root / "a/b/c/d"));
    fs::create_directory_symlink("../..", root / "a/out");
    CHECK(tree.directory("a/out/made", true).error() == EXDEV);
    fs::create_directory_symlink("nowhere", root / "dangling");
    CHECK(tree.directory("dangling/x/y", true).error() == ENOENT);
    CHECK_FALSE(fs::exists(folder.path() / "made"));
  }
}

TEST_CASE("descriptors are closed on every way out") {
  const Folder folder;
  folder.write("root/a/b/c", "x");
  fs::create_symlink("../../x", folder.path() / "root/a/out");
  const auto open_files = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const auto before = open_files();
  for (const bool by_kernel : {false, true}) {
    const file::Tree tree(folder.path() / "root", false, by_kernel && file::Tree::kernel_resolves());
    for (const auto* const path : {"a/b/c", "a/out", "a/none/x", "a/b/c/d", ""}) {
      (void)tree.open(path, O_RDONLY);
      (void)tree.directory("a/b/c/d", true);
    }
  }
  CHECK(open_files() == before);
}

TEST_CASE("a location with \"..\" means what the system says") {
  CHECK(file::path_of("/a/./b//c/") == "/a/b/c");
  CHECK(file::path_of("/") == "/");
  CHECK(file::path_of("file:///") == "/");
  CHECK_THAT(file::path_of("/a/link/../b"), Catch::Matchers::Contains(".."));
  CHECK(file::url_of("/my data/100%\xC3\xA9|x") == "file:///my%20data/100%25%C3%A9%7Cx");
  CHECK(file::path_of(file::url_of("/my data/100%\xC3\xA9|x")) == "/my data/100%\xC3\xA9|x");
}
