// SPDX-License-Identifier: Apache-2.0
#include "call.hpp"

#include <cstdlib>
#include <new>

namespace zeolite {

Call::Call(Workers& workers, const zeo_chunk_context* chunk, const std::uint32_t* cancelled) : workers_(workers) {
  abi_.struct_size = sizeof(zeo_call);
  abi_.concurrency = workers.concurrency();
  abi_.cancelled = cancelled;
  abi_.fail = &on_fail;
  abi_.scratch = &on_scratch;
  abi_.parallel_for = &on_parallel_for;
  abi_.chunk = chunk;
  abi_.host = this;
}

Call::~Call() = default;

Error Call::error(zeo_status status) {
  const bool known = status > ZEO_OK && status <= ZEO_INTERNAL;
  auto message = std::exchange(message_, {});
  if (message.empty()) message = known ? "failed without saying why" : "failed with an unknown status";
  return Error(known ? static_cast<ErrorCode>(status) : ErrorCode::internal, std::move(message));
}

zeo_status Call::fail(const zeo_call* call, const Error& error) {
  const auto status = static_cast<zeo_status>(error.code());
  const std::string_view text = error.what();
  call->fail(call, status, text.data(), text.size());
  return status;
}

void Call::on_fail(const zeo_call* abi, zeo_status, const char* message, std::uint64_t bytes) {
  try {
    static_cast<Call*>(abi->host)->message_.assign(message, bytes);
  } catch (...) {
    // No memory for the words: the status stands alone. Nothing may be thrown through a plugin.
  }
}

void* Call::on_scratch(const zeo_call* abi, std::uint64_t bytes, std::uint64_t align) {
  if (align == 0 || (align & (align - 1)) != 0 || align > 4096 || bytes > (std::uint64_t{1} << 48)) return nullptr;
  const auto rounded = (bytes + align - 1) / align * align;
  void* memory = std::aligned_alloc(align < alignof(std::max_align_t) ? alignof(std::max_align_t) : align,
                                    rounded < 64 ? 64 : (rounded + 63) / 64 * 64);
  if (memory == nullptr) return nullptr;
  auto& scratch = static_cast<Call*>(abi->host)->scratch_;
  try {
    scratch.emplace_back(memory, &std::free);
  } catch (...) {
    std::free(memory);
    return nullptr;
  }
  return memory;
}

zeo_status Call::on_parallel_for(const zeo_call* abi, std::uint64_t n, zeo_body body, void* environment) {
  auto& self = *static_cast<Call*>(abi->host);
  return guard(abi, [&] {
    self.workers_.parallel_for(n, [&](std::uint64_t index) {
      Call inner(self.workers_, abi->chunk, abi->cancelled);
      inner.check(body(environment, index, inner.abi()));
    });
  });
}

}  // namespace zeolite
