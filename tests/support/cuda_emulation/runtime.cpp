// The runtime of the emulated GPU: its memory is the host's, its stream does everything at once.
#include "backend/cuda/runtime.h"

#include <cstdlib>
#include <cstring>
#include <map>

namespace seedling::gpu {
namespace {

constexpr size_t kMemory = size_t{4} << 30;  // bytes that the emulated device has

struct Emulated {
  std::map<void*, size_t> blocks;
  size_t used = 0;
};
Emulated& device() {
  static Emulated one;
  return one;
}

}  // namespace

std::string why_no_device() { return ""; }

DeviceFacts device_facts() {
  DeviceFacts facts;
  facts.name = "emulated GPU";
  facts.major = 9, facts.multiprocessors = 1;
  facts.memory = kMemory, facts.shared_per_block = size_t{227} << 10;
  return facts;
}

Runtime::Runtime() = default;
Runtime::~Runtime() = default;

void* Runtime::allocate(size_t bytes) {
  if (device().used + bytes > kMemory) return nullptr;
  void* memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256 + (bytes == 0 ? 256 : 0));
  if (memory == nullptr) return nullptr;
  std::memset(memory, 0xFF, bytes);  // NaN, so that nobody counts on zeros
  device().blocks[memory] = bytes;
  device().used += bytes;
  return memory;
}

void Runtime::release(void* memory) {
  const auto found = device().blocks.find(memory);
  if (found == device().blocks.end()) return;
  device().used -= found->second;
  device().blocks.erase(found);
  std::free(memory);
}

MemoryFacts Runtime::memory() const { return {kMemory - device().used, kMemory}; }
void Runtime::clear(void* memory, size_t bytes) { std::memset(memory, 0, bytes); }
void Runtime::upload(void* to, const void* host, size_t bytes) { std::memcpy(to, host, bytes); }
void Runtime::download(void* host, const void* from, size_t bytes) { std::memcpy(host, from, bytes); }
void Runtime::copy(void* to, const void* from, size_t bytes) { std::memmove(to, from, bytes); }
void Runtime::synchronize() {}
void Runtime::started(const char*) {}
void Runtime::check(int, const char*) {}

}  // namespace seedling::gpu
