// The runtime of the emulated GPU: its memory is the host's, its stream does everything at once.
#include "backend/cuda/runtime.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>
#include <vector>

#include "support/cuda_emulation/block.h"

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

struct EmulatedGraph final : Graph {
  std::vector<std::function<void()>> ops;
};
EmulatedGraph* recording = nullptr;  // what is being recorded into
int64_t graphs_started = 0;

}  // namespace

void emulated::start(const std::function<void()>& op) {
  if (recording != nullptr) {
    recording->ops.push_back(op);
  } else {
    op();
  }
}
int64_t emulated::started_graphs() { return graphs_started; }

namespace {

/// What a real stream refuses while it is recorded.
void not_while_recording(const char* what) {
  if (recording != nullptr) throw std::logic_error(std::string(what) + " while a graph is recorded");
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

Runtime::Runtime() {
  const char* graphs = std::getenv("SEEDLING_CUDA_GRAPHS");
  can_record_ = graphs == nullptr || std::strcmp(graphs, "0") != 0;
}
Runtime::~Runtime() = default;

std::unique_ptr<Graph> Runtime::record(const std::function<void()>& work) {
  not_while_recording("recording");
  auto graph = std::make_unique<EmulatedGraph>();
  recording = graph.get();
  try {
    work();
  } catch (...) {
    recording = nullptr;
    throw;
  }
  recording = nullptr;
  return graph;
}

void Runtime::start(const Graph& graph) {
  ++graphs_started;
  for (const auto& op : static_cast<const EmulatedGraph&>(graph).ops) op();
}

void* Runtime::allocate(size_t bytes) {
  not_while_recording("memory is asked for");
  if (device().used + bytes > kMemory) return nullptr;
  void* memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256 + (bytes == 0 ? 256 : 0));
  if (memory == nullptr) return nullptr;
  std::memset(memory, 0xFF, bytes);  // NaN, so that nobody counts on zeros
  device().blocks[memory] = bytes;
  device().used += bytes;
  return memory;
}

void Runtime::release(void* memory) {
  not_while_recording("memory is given back");
  const auto found = device().blocks.find(memory);
  if (found == device().blocks.end()) return;
  device().used -= found->second;
  device().blocks.erase(found);
  std::free(memory);
}

MemoryFacts Runtime::memory() const { return {kMemory - device().used, kMemory}; }
void Runtime::clear(void* memory, size_t bytes) {
  emulated::start([=] { std::memset(memory, 0, bytes); });
}
void Runtime::upload(void* to, const void* host, size_t bytes) {
  not_while_recording("a copy from the host");
  std::memcpy(to, host, bytes);
}
void Runtime::download(void* host, const void* from, size_t bytes) {
  not_while_recording("a copy to the host");
  std::memcpy(host, from, bytes);
}
void Runtime::copy(void* to, const void* from, size_t bytes) {
  emulated::start([=] { std::memmove(to, from, bytes); });
}
void Runtime::synchronize() { not_while_recording("waiting"); }
void Runtime::started(const char*) {}
void Runtime::check(int, const char*) {}

}  // namespace seedling::gpu
