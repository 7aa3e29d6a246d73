// SPDX-License-Identifier: Apache-2.0
#include "host.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json.hpp>

#include <zeolite/json.hpp>

#include "names.hpp"

namespace zeolite::plugin {

namespace json = boost::json;

Host::Host(Log log, Create create, CreateChain create_chain)
    : log_(std::move(log)), create_(std::move(create)), create_chain_(std::move(create_chain)) {
  abi_.struct_size = sizeof(zeo_host);
  abi_.abi_minor = ZEO_ABI_MINOR;
  abi_.log = &on_log;
  abi_.create = &on_create;
  abi_.create_chain = &on_create_chain;
  abi_.get_extension = &on_get_extension;
  abi_.self = this;
}

void Host::on_log(const zeo_host* abi, std::int32_t level, zeo_str topic, zeo_str message) {
  try {
    const auto clamped = std::clamp<std::int32_t>(level, ZEO_LOG_ERROR, ZEO_LOG_DEBUG);
    self(abi).log_(clamped, view(topic), view(message));
  } catch (...) {
    // Whoever listens failed; the plugin can do nothing about it, and nothing may be thrown through it.
  }
}

zeo_status Host::on_create(const zeo_host* abi, std::uint32_t number, zeo_str text, zeo_object** out,
                           const zeo_call* call) {
  return guard(call, [&] {
    *out = nullptr;
    const auto point = point_from(number);
    if (!point) throw Error(ErrorCode::invalid, fmt::format("there is no extension point {}", number));
    const auto reference = read_reference(*point, view(text));
    *out =
        self(abi).create_(*point, reference.name, reference.configuration, *static_cast<Call*>(call->host)).release();
  });
}

zeo_status Host::on_create_chain(const zeo_host* abi, zeo_str codecs, const zeo_representation* decoded,
                                 zeo_bound_codec** out, const zeo_call* call) {
  zeo_status status = ZEO_OK;
  const auto guarded = guard(call, [&] {
    *out = nullptr;
    const auto& make = self(abi).create_chain_;
    if (!make) throw Error(ErrorCode::unsupported, "this host makes no codec chains");
    status = make(codecs, decoded, out, call);
  });
  return guarded != ZEO_OK ? guarded : status;
}

const void* Host::on_get_extension(const zeo_host*, zeo_str) { return nullptr; }

Reference read_reference(Point point, std::string_view text) {
  const auto bad = [&](std::string_view what) {
    return Error(ErrorCode::invalid, fmt::format("{}: {}", to_string(point), what));
  };
  Reference reference{"", "{}"};
  json::value value;
  try {
    value = parse_json(text);
  } catch (const Error& error) {
    if (text.empty() || text.find_first_of("{}[]\"\n\t ") != std::string_view::npos)
      throw bad(fmt::format("neither a name nor valid JSON ({})", error.message()));
    // A bare name, such as a plugin's author writes in code. It cannot be mistaken for broken JSON of another kind.
    value = json::string(text.data(), text.size());
  }
  if (const auto* const name = value.if_string()) {
    reference.name = std::string_view(name->data(), name->size());
  } else if (const auto* const object = value.if_object()) {
    for (const auto& member : *object) {
      const std::string_view name(member.key().data(), member.key().size());
      if (name == "name" && member.value().is_string()) {
        const auto& string = member.value().get_string();
        reference.name = std::string_view(string.data(), string.size());
      } else if (name == "configuration" && member.value().is_object()) {
        reference.configuration = to_text(member.value());
      } else if (name == "must_understand" && member.value().is_bool()) {
        // Whether it may be left out is for the host to decide, not for whoever wants the object made.
      } else if (name == "name" || name == "configuration" || name == "must_understand") {
        throw bad(fmt::format("member \"{}\" has the wrong type", name));
      } else {
        throw bad(fmt::format("unknown member \"{}\"", name));
      }
    }
    if (!object->contains("name")) throw bad("member \"name\" is missing");
  } else {
    throw bad("should be a name, or an object with \"name\" and \"configuration\"");
  }
  if (auto fault = fault_in_name(reference.name); !fault.empty()) throw bad("the name " + fault);
  // What plugins ask for comes from metadata, and there roles do not exist.
  if (is_role(reference.name))
    throw bad(fmt::format("\"{}\": names in metadata do not start with '@'", reference.name));
  return reference;
}

}  // namespace zeolite::plugin
