// SPDX-License-Identifier: Apache-2.0
#include "contestant.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>
#include <zlib.h>
#include <boost/json.hpp>

namespace zeolite::bench {
namespace json = boost::json;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void each_file(const std::string& path, const std::function<void(const std::string&, std::string)>& take) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) take(entry.path().string().substr(path.size() + 1), read_file(entry.path().string()));
  }
}

void sample(Output slab, std::vector<std::byte>& samples) {
  constexpr std::size_t step = 4099;  // a prime: every byte of an element has its turn
  for (std::size_t i = 0; i < slab.size(); i += step) samples.push_back(slab[i]);
}

namespace {

Workload read_workload(const json::object& request) {
  const auto& members = request.at("workload").as_object();
  const auto text = [&](const char* name) {
    const auto* const value = members.if_contains(name);
    return value == nullptr ? std::string() : std::string(value->as_string());
  };
  Workload workload;
  workload.kind = text("kind");
  workload.path = text("path");
  workload.target = text("target");
  workload.store = text("store");
  workload.threads = request.at("threads").to_number<unsigned>();
  if (const auto* const box = members.if_contains("box")) {
    for (const auto& dimension : box->as_array()) {
      workload.start.push_back(dimension.at(0).to_number<std::uint64_t>());
      workload.stop.push_back(dimension.at(1).to_number<std::uint64_t>());
      workload.step.push_back(dimension.at(2).to_number<std::uint64_t>());
    }
  }
  const auto number = [&](const char* name, auto& value) {
    const auto* const found = members.if_contains(name);
    if (found != nullptr) value = found->to_number<std::remove_reference_t<decltype(value)>>();
  };
  number("n", workload.n);
  number("latency", workload.latency);
  number("at_once", workload.at_once);
  number("slab", workload.slab);
  number("budget", workload.budget);
  if (const auto* const fresh = members.if_contains("fresh")) workload.fresh = fresh->as_bool();
  if (const auto* const shape = members.if_contains("shape")) workload.shape = json::value_to<Shape>(*shape);
  if (members.contains("origins")) {
    const auto bytes = read_file(text("origins"));
    workload.origins.resize(bytes.size() / sizeof(std::uint64_t));
    std::memcpy(workload.origins.data(), bytes.data(), workload.origins.size() * sizeof(std::uint64_t));
  }
  if (members.contains("metadata")) workload.metadata = read_file(text("metadata"));
  if (members.contains("source")) {
    const auto bytes = read_file(text("source"));
    const auto* const begin = reinterpret_cast<const std::byte*>(bytes.data());
    workload.source.assign(begin, begin + bytes.size());
  }
  return workload;
}

/// In pieces: zlib counts bytes in 32 bits.
std::uint32_t crc_of(Output output) {
  constexpr std::size_t most = std::size_t{1} << 30;
  uLong crc = ::crc32(0, nullptr, 0);
  for (; !output.empty(); output = output.subspan(std::min(most, output.size()))) {
    const auto part = output.first(std::min(most, output.size()));
    crc = ::crc32(crc, reinterpret_cast<const Bytef*>(part.data()), static_cast<uInt>(part.size()));
  }
  return static_cast<std::uint32_t>(crc);
}

/// A number of bytes among what the system says of this process.
std::uint64_t status_of(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::stoull(line.substr(name.size())) * 1024;
  }
  return 0;
}

/// The peak of this process's memory, over all of its life and over single runs.
class Peak {
 public:
  void start() {
    (void)life();
    std::ofstream("/proc/self/clear_refs") << 5;  // forgets the peak: from here on it is that of the run
    before_ = status_of("VmRSS:");
  }
  std::uint64_t above_start() const {
    const auto peak = status_of("VmHWM:");
    return peak > before_ ? peak - before_ : 0;
  }
  std::uint64_t life() { return life_ = std::max(life_, status_of("VmHWM:")); }

 private:
  std::uint64_t before_ = 0, life_ = 0;
};

json::object run(Job& job, Peak& peak) {
  job.prepare();
  peak.start();
  const auto begin = std::chrono::steady_clock::now();
  job.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  json::object answer = {{"seconds", took.count()}, {"above_bytes", peak.above_start()}};
  const auto number = job.number();
  answer["crc"] = number != 0 ? number : job.output().empty() ? 0 : crc_of(job.output());
  for (const auto& fact : job.facts()) answer[fact.key()] = fact.value();
  return answer;
}

}  // namespace

Shape Workload::box_shape() const {
  Shape shape;
  for (std::size_t i = 0; i < start.size(); ++i) {
    shape.push_back(stop[i] > start[i] ? (stop[i] - start[i] + step[i] - 1) / step[i] : 0);
  }
  return shape;
}

int serve(const std::string& version, const Open& open) {
  std::unique_ptr<Job> job;
  Peak peak;
  for (std::string line; std::getline(std::cin, line);) {
    json::object answer;
    bool last = false;
    try {
      const auto request = json::parse(line).as_object();
      const auto what = std::string(request.at("do").as_string());
      if (what == "open") {
        job.reset();
        job = open(read_workload(request));
        answer = {{"ready", true}, {"version", version}};
      } else if (what == "run") {
        if (!job) throw std::runtime_error("nothing is open");
        answer = run(*job, peak);
      } else {
        answer = {{"peak_bytes", peak.life()}};
        last = true;
      }
    } catch (const Unsupported& error) {
      answer = {{"unsupported", error.why}};
    } catch (const std::exception& error) {
      answer = {{"error", error.what()}};
    }
    std::cout << json::serialize(answer) << std::endl;
    if (last) break;
  }
  return 0;
}

}  // namespace zeolite::bench
