// SPDX-License-Identifier: Apache-2.0
#include "range_cache.hpp"

namespace zeolite {

std::string RangeCache::name_of(std::uint64_t owner, std::string_view key, std::span<const zeo_range> ranges) {
  std::string name;
  name.reserve(key.size() + sizeof owner + ranges.size_bytes());
  name.append(reinterpret_cast<const char*>(&owner), sizeof owner);
  name.append(reinterpret_cast<const char*>(ranges.data()), ranges.size_bytes());
  return name.append(key);
}

void RangeCache::erase(List::iterator kept) {
  bytes_ -= kept->bytes;
  by_name_.erase(kept->name);
  kept_.erase(kept);
}

std::shared_ptr<const RangeCache::Entry> RangeCache::find(std::uint64_t owner, std::string_view key,
                                                          std::span<const zeo_range> ranges) {
  const auto name = name_of(owner, key, ranges);
  std::lock_guard lock(mutex_);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return found->second->entry;
}

void RangeCache::put(std::uint64_t owner, std::string_view key, Entry entry) {
  auto name = name_of(owner, key, entry.ranges);
  std::uint64_t bytes = sizeof(Kept) + sizeof(Entry) + name.size();
  for (const auto& part : entry.parts) bytes += part.size();
  std::lock_guard lock(mutex_);
  if (const auto found = by_name_.find(name); found != by_name_.end()) erase(found->second);
  if (bytes > limit_bytes_) return;
  while (bytes_ + bytes > limit_bytes_) erase(std::prev(kept_.end()));
  kept_.push_front({std::move(name), std::make_shared<const Entry>(std::move(entry)), bytes});
  try {
    by_name_.emplace(kept_.front().name, kept_.begin());
  } catch (...) {
    kept_.pop_front();
    throw;
  }
  bytes_ += bytes;
}

}  // namespace zeolite
