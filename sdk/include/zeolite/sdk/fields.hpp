// SPDX-License-Identifier: Apache-2.0
//
// Configuration: one declaration reads the members of the JSON object, checks their types and ranges, refuses members
// nobody declared, and writes the configuration back with defaults spelled out.
//
//   void fields(Fields& f) override {
//     f.optional("level", level).between(0, 9);
//     f.one_of("mode", mode, {{"fast", Mode::fast}, {"small", Mode::small}});
//   }
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zeolite/sdk/error.hpp>
#include <zeolite/sdk/json.hpp>
#include <zeolite/sdk/members.hpp>
#include <zeolite/sdk/text.hpp>

namespace zeolite::sdk {

namespace detail {

inline void read(const json::value& from, bool& to) {
  if (!from.is_bool()) throw invalid("must be true or false");
  to = from.get_bool();
}

inline void read(const json::value& from, std::string& to) {
  if (!from.is_string()) throw invalid("must be a string");
  to = std::string(from.get_string());
}

inline void read(const json::value& from, double& to) {
  if (!from.is_number()) throw invalid("must be a number");
  to = from.to_number<double>();
}

inline void read(const json::value& from, json::value& to) { to = from; }
/// A whole member is moved, not copied: it may be large.
inline void read(json::value& from, json::value& to) { to = std::move(from); }

template <class T>
requires std::is_integral_v<T>
void read(const json::value& from, T& to) {
  // A double is refused even when it is integral: 64-bit integers would not survive it.
  if (from.is_int64() && std::in_range<T>(from.get_int64())) {
    to = static_cast<T>(from.get_int64());
  } else if (from.is_uint64() && std::in_range<T>(from.get_uint64())) {
    to = static_cast<T>(from.get_uint64());
  } else if (from.is_int64() || from.is_uint64()) {
    throw invalid("must be from {} to {}", std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
  } else {
    throw invalid("must be an integer");
  }
}

template <class T>
void read(const json::value& from, std::vector<T>& to) {
  if (!from.is_array()) throw invalid("must be a list");
  to.clear();
  to.reserve(from.get_array().size());
  for (const auto& item : from.get_array()) {
    try {
      T value{};
      read(item, value);
      to.push_back(std::move(value));
    } catch (const Error& error) {
      throw invalid("item {} {}", to.size(), error.what());
    }
  }
}

template <class T>
void read(const json::value& from, std::optional<T>& to) {
  read(from, to.emplace());
}

inline const json::value& write(const json::value& value) { return value; }
inline json::value write(const std::string& value) { return json::value(json::string(value)); }
inline json::value write(bool value) { return value; }
inline json::value write(double value) { return value; }
template <class T>
requires std::is_integral_v<T> json::value write(T value) {
  if constexpr (std::is_signed_v<T>) {
    return static_cast<std::int64_t>(value);
  } else {
    return static_cast<std::uint64_t>(value);
  }
}
template <class T>
json::value write(const std::vector<T>& values) {
  json::array array;
  for (const auto& value : values) array.push_back(write(value));
  return array;
}

}  // namespace detail

/// What fields() is given: it reads on the first run, writes on the second.
class Fields {
 public:
  /// For reading the JSON text of an object, which must live as long. `name` is the name the extension was asked for
  /// by: canonical, alias or role.
  Fields(std::string_view configuration, std::string_view name)
      : reading_(true), name_(name), members_(split_object(configuration)) {}
  /// For writing.
  explicit Fields(std::string_view name) : reading_(false), name_(name) {}

  bool reading() const { return reading_; }
  std::string_view name() const { return name_; }

  /// Checks on the value just read. When writing they do nothing.
  template <class T>
  class Field {
   public:
    Field(Fields& fields, std::string_view name, T* value) : fields_(fields), name_(name), value_(value) {}

    /// Both ends count.
    template <class U, class V>
    Field& between(U low, V high) {
      if (!check()) return *this;
      const auto& value = bare(*value_);
      if (std::cmp_less(value, low) || std::cmp_greater(value, high)) {
        throw invalid("member \"{}\" must be from {} to {}, not {}", name_, low, high, value);
      }
      return *this;
    }

    /// Any condition; the message completes "member "x" ...".
    Field& must(bool condition, std::string_view message) {
      if (check() && !condition) throw invalid("member \"{}\" {}", name_, message);
      return *this;
    }

    /// Leaves the member out when writing a value equal to `value`.
    Field& omit_when(const T& value) {
      if (!fields_.reading_ && *value_ == value) fields_.remove(name_);
      return *this;
    }

   private:
    template <class U>
    static const U& bare(const U& value) {
      return value;
    }
    template <class U>
    static const U& bare(const std::optional<U>& value) {
      return *value;
    }

    bool check() const { return fields_.reading_ && value_ != nullptr; }
    Fields& fields_;
    std::string_view name_;
    T* value_;  // null: absent, and its default was kept
  };

  /// A member that must be there.
  template <class T>
  Field<T> required(std::string_view member, T& value) {
    if (reading_ && !has(member)) throw invalid("member \"{}\" is missing", member);
    return optional(member, value);
  }

  /// A member that keeps its default when it is absent. It is written always, std::optional only when set.
  template <class T>
  Field<T> optional(std::string_view member, T& value) {
    if (!reading_) {
      write(member, value);
      return {*this, member, &value};
    }
    auto* const found = find(member);
    if (found == nullptr) return {*this, member, nullptr};
    if constexpr (std::is_same_v<T, JsonText>) {
      value.text = found->text;
    } else {
      auto& parsed = found->value();
      try {
        detail::read(parsed, value);
      } catch (const Error& error) {
        throw invalid("member \"{}\" {}, not {}", member, error.what(), excerpt(found->text));
      }
    }
    return {*this, member, &value};
  }

  /// A member whose value is one of a few words.
  template <class T>
  void one_of(std::string_view member, T& value, std::initializer_list<std::pair<std::string_view, T>> words,
              bool is_required = false) {
    if (!reading_) {
      for (const auto& [word, meaning] : words) {
        if (meaning == value) put(member, json::value(json::string_view(word)));
      }
      return;
    }
    const auto* const found = take(member);
    if (found == nullptr) {
      if (is_required) throw invalid("member \"{}\" is missing", member);
      return;
    }
    std::string known;
    for (const auto& [word, meaning] : words) {
      if (found->is_string() && found->get_string() == word) {
        value = meaning;
        return;
      }
      known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", word);
    }
    throw invalid("member \"{}\" must be one of {}, not {}", member, known, excerpt(find(member)->text));
  }

  /// The same, for a member without a default: it is written only when set.
  template <class T>
  void maybe_one_of(std::string_view member, std::optional<T>& value,
                    std::initializer_list<std::pair<std::string_view, T>> words) {
    if (reading_ ? has(member) : value.has_value()) {
      if (!value) value = words.begin()->second;
      one_of(member, *value, words);
    } else {
      taken_.emplace_back(member);
    }
  }

  /// Reading: a member in any form, or null when absent; it counts as declared. Not after a json::value was read of it.
  const json::value* take(std::string_view member) {
    auto* const found = find(member);
    return found == nullptr ? nullptr : &found->value();
  }

  /// Writing: adds a member in any form.
  void put(std::string_view member, const json::value& value) { put_text(member, json::serialize(value)); }

  /// Writing: adds a member as it is to be written.
  void put_text(std::string_view member, std::string text) {
    for (auto& [name, written] : written_) {
      if (name == member) return written.swap(text);
    }
    written_.emplace_back(member, std::move(text));
  }

  /// Reading: refuses what no declaration has taken. Called by the SDK.
  void finish() const {
    for (const auto& member : members_) {
      bool known = false;
      std::string declared;
      for (const auto& name : taken_) {
        known = known || name == member.name;
        declared += fmt::format("{}\"{}\"", declared.empty() ? "" : ", ", name);
      }
      if (!known) {
        throw invalid("unknown member \"{}\" (known: {})", member.name, declared.empty() ? "none" : declared);
      }
    }
  }

  /// Writing: the object. Called by the SDK.
  std::string text() const {
    std::string text;
    for (const auto& [name, value] : written_) {
      text += text.empty() ? '{' : ',';
      text.append(json::serialize(json::string(name))).append(":").append(value);
    }
    return text.empty() ? "{}" : text + '}';
  }

 private:
  void remove(std::string_view member) {
    std::erase_if(written_, [&](const auto& written) { return written.first == member; });
  }

  bool has(std::string_view member) const {
    return std::any_of(members_.begin(), members_.end(), [&](const Member& m) { return m.name == member; });
  }

  /// Of several of one name, which the host lets nobody write, the last.
  Member* find(std::string_view member) {
    taken_.emplace_back(member);
    const auto found =
        std::find_if(members_.rbegin(), members_.rend(), [&](const Member& m) { return m.name == member; });
    return found == members_.rend() ? nullptr : &*found;
  }

  template <class T>
  void write(std::string_view member, const T& value) {
    put(member, detail::write(value));
  }
  void write(std::string_view member, const JsonText& value) {
    if (!value.text.empty()) put_text(member, value.text);
  }
  template <class T>
  void write(std::string_view member, const std::optional<T>& value) {
    if (value) put(member, detail::write(*value));
  }

  bool reading_;
  std::string_view name_;
  std::vector<Member> members_;  // to be read
  std::vector<std::string> taken_;
  std::vector<std::pair<std::string, std::string>> written_;  // members and the text of their values
};

/// Moves an integer member into a range, if it is there: for older metadata that allowed more.
inline void clamp_member(json::object& members, std::string_view member, std::int64_t low, std::int64_t high) {
  auto* const value = members.if_contains(member);
  if (value != nullptr && value->is_int64()) *value = std::clamp(value->get_int64(), low, high);
}

}  // namespace zeolite::sdk
