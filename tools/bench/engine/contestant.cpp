// SPDX-License-Identifier: Apache-2.0
#include "contestant.hpp"

#include <cstring>
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
  workload.threads = request.at("threads").to_number<unsigned>();
  if (const auto* const box = members.if_contains("box")) {
    for (const auto& dimension : box->as_array()) {
      workload.start.push_back(dimension.at(0).to_number<std::uint64_t>());
      workload.stop.push_back(dimension.at(1).to_number<std::uint64_t>());
      workload.step.push_back(dimension.at(2).to_number<std::uint64_t>());
    }
  }
  if (const auto* const fresh = members.if_contains("fresh")) workload.fresh = fresh->as_bool();
  if (const auto* const n = members.if_contains("n")) workload.n = n->to_number<std::uint64_t>();
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

std::uint64_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
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
  for (std::string line; std::getline(std::cin, line);) {
    json::object answer;
    bool last = false;
    try {
      const auto request = json::parse(line).as_object();
      const auto what = std::string(request.at("do").as_string());
      if (what == "open") {
        job = open(read_workload(request));
        answer = {{"ready", true}, {"version", version}};
      } else if (what == "run") {
        const auto begin = std::chrono::steady_clock::now();
        job->run();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        const auto number = job->number();
        answer = {{"seconds", took.count()}, {"crc", number != 0 ? number : crc_of(job->output())}};
        if (number == 0 && job->output().empty()) answer["crc"] = 0;
      } else {
        answer = {{"peak_bytes", peak_bytes()}};
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
