// SPDX-License-Identifier: Apache-2.0
//
// The command `zeolite`: reads the command line, runs one subcommand, and turns whatever went wrong into one line on
// standard error and an exit code: 0 fine, 1 the data or the request is wrong, 2 usage.
#include <csignal>
#include <cstdio>
#include <new>
#include <sstream>

#include <fmt/format.h>

#include "session.hpp"
#include "stream.hpp"
#include "text.hpp"

namespace zeolite::tool {
namespace {

enum ExitCode { fine = 0, failed = 1, usage = 2 };

void print_error(bool json, std::string_view code, std::string_view message, std::string_view line,
                 const std::vector<std::pair<std::string, std::string>>& frames = {}) {
  const auto text = json ? error_to_json(code, message, frames) : "zeolite: " + printable(line);
  fmt::print(stderr, "{}\n", text);
}

void log_line(LogLevel level, std::string_view topic, std::string_view message, int verbose) {
  // Errors are thrown as well as logged, so they appear here only for those who follow closely.
  const auto shown = level == LogLevel::warning ? 0 : level == LogLevel::debug ? 2 : 1;
  if (verbose < shown) return;
  constexpr const char* names[] = {"error", "warning", "info", "debug"};
  const auto index = level == LogLevel::error ? 0 : level == LogLevel::warning ? 1 : level == LogLevel::info ? 2 : 3;
  fmt::print(stderr, "zeolite: {}: {}: {}\n", names[index], printable(topic), printable(message));
}

/// Whoever asks for the help of a subcommand does not see the options that all have.
void tell_of_globals(CLI::App& app) {
  for (auto* const command : app.get_subcommands(nullptr)) {
    const auto own = command->get_footer();
    command->footer((own.empty() ? own : own + "\n\n") +
                    "Options that all subcommands have, such as --json, --threads and --verbose: `zeolite --help`.");
    tell_of_globals(*command);
  }
}

void declare(CLI::App& app, Globals& globals, Action& action) {
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", fmt::format("zeolite {} (plugin contract {}.{})", ZEOLITE_VERSION,
                                                int{ZEO_ABI_MAJOR}, int{ZEO_ABI_MINOR}));
  app.add_option("--plugin-path", globals.plugin_path, "Search this directory for plugins first; repeat for several")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag("--no-default-plugins", globals.no_default_plugins, "Search nowhere else");
  app.add_option("--config", globals.configuration_file, "A JSON file with plugin aliases, pins, allow and deny lists")
      ->type_name("FILE");
  app.add_option("--threads", globals.threads, "Threads beside the main one; left out: one less than the machine has");
  app.add_option("--working-bytes", globals.working_bytes,
                 "Memory for chunks under way; left out: 128 MiB for each thread, and no less than 256 MiB")
      ->check([](const std::string& text) { return text.starts_with('-') ? "a size is not negative" : std::string(); })
      ->transform(CLI::AsSizeValue(false));
  app.add_flag("--json", globals.json, "Write results, and errors, as JSON");
  app.add_flag("-v,--verbose", globals.verbose, "Tell what happens, and what it took; -vv tells more");
  add_tree(app, globals, action);
  add_info(app, globals, action);
  add_cat(app, globals, action);
  add_create(app, globals, action);
  add_write(app, globals, action);
  add_copy(app, globals, action);
  add_plugin(app, globals, action);
  tell_of_globals(app);
  app.footer(
      "A LOCATION is a path or a URL, and may lead into a hierarchy: data.zarr, data.zarr/raw/day1, "
      "file:///data.zarr.\n"
      "Global options may stand before or after the subcommand. `zeolite SUBCOMMAND --help` shows examples.\n\n"
      "Exit codes: 0 fine, 1 the data or the request is wrong, 2 the command line is wrong.\n"
      "With --json an error is one line on standard error: {\"error\": {\"code\": ..., \"message\": ..., \"frames\": "
      "{...}}}.");
}

void tell_counters(const Context& context, int verbose) {
  const auto counted = context.counters();
  const auto ms = [](std::uint64_t ns) { return static_cast<double>(ns) / 1e6; };
  log_line(LogLevel::info, "stores",
           fmt::format("{} requests, {} reads joined with others, {} read, {} written, {:.1f} ms until answers",
                       counted.requests, counted.joined, human_bytes(counted.read_bytes),
                       human_bytes(counted.written_bytes), ms(counted.wait_ns)),
           verbose);
  log_line(LogLevel::info, "codecs",
           fmt::format("{} of elements, {} decoded in {:.1f} ms", human_bytes(counted.element_bytes),
                       human_bytes(counted.decoded_bytes), ms(counted.decode_ns)),
           verbose);
}

int show(const CLI::App& app, const CLI::ParseError& request) {
  std::ostringstream text;
  app.exit(request, text, text);
  Output output;
  output.write(text.str());
  output.close();
  return fine;
}

/// Help and version requests come as exceptions too; they end with 0.
int parse_failure(const CLI::App& app, const CLI::ParseError& error, bool json) {
  const CLI::App* where = &app;
  auto name = std::string("zeolite");
  while (!where->get_subcommands().empty()) {
    where = where->get_subcommands().front();
    name += " " + where->get_name();
  }
  auto message = std::string(error.what());
  // A mistyped subcommand counts as a left-over word, and what is missed first is the subcommand, or nothing when help
  // is wanted: of the subcommand that there is not.
  const auto words = app.remaining(true);
  const auto is_mistyped = where->get_require_subcommand_min() > 0 && !words.empty();
  if (error.get_exit_code() == 0 && !is_mistyped) return show(app, error);
  if (is_mistyped) {
    std::string known;
    for (const auto* const command : where->get_subcommands(nullptr)) {
      known += (known.empty() ? "" : ", ") + command->get_name();
    }
    message = fmt::format("there is no subcommand '{}', only {}", words.front(), known);
  }
  print_error(json, "usage", message, fmt::format("{} (see `{} --help`)", message, name));
  return usage;
}

int run(int argc, char** argv) {
  CLI::App app("Zarr arrays and groups: look, read, write, copy.", "zeolite");
  Globals globals;
  Action action;
  // Asked before parsing, which may be what fails.
  bool json = false;
  for (int i = 1; i < argc; ++i) json = json || std::string_view(argv[i]) == "--json";
  try {
    declare(app, globals, action);
    app.parse(argc, argv);
    action();
    for (const auto& context : globals.contexts) tell_counters(context, globals.verbose);
    return fine;
  } catch (const CLI::ParseError& error) {
    return parse_failure(app, error, json);
  } catch (const UsageError& error) {
    print_error(json, "usage", error.what(), error.what());
    return usage;
  } catch (const Error& error) {
    print_error(json, to_string(error.code()), error.message(), error.what(), error.frames());
    return failed;
  }
}

}  // namespace

Context make_context(const Globals& globals) {
  ContextOptions options;
  options.plugins.directories = globals.plugin_path;
  options.plugins.search_defaults = !globals.no_default_plugins;
  options.plugins.configuration_file = globals.configuration_file;
  options.threads = globals.threads;
  options.working_bytes = globals.working_bytes;
  options.log = [verbose = globals.verbose](LogLevel level, std::string_view topic, std::string_view message) {
    log_line(level, topic, message, verbose);
  };
  options.measure_times = globals.verbose > 0;
  const Context context(options);
  if (globals.verbose > 0) globals.contexts.push_back(context);
  return context;
}

}  // namespace zeolite::tool

int main(int argc, char** argv) {
  // A reader that goes away shall show as a failed write, not as a signal.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return zeolite::tool::run(argc, argv);
  } catch (const zeolite::tool::ReaderGone&) {
    return zeolite::tool::fine;
  } catch (const zeolite::Error& error) {
    std::fprintf(stderr, "zeolite: %s\n", error.what());
  } catch (const std::bad_alloc&) {
    std::fputs("zeolite: out of memory\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "zeolite: internal error: %s\n", error.what());
  }
  return zeolite::tool::failed;
}
