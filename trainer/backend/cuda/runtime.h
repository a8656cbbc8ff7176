// The CUDA runtime as the backend uses it: one device, one stream, memory, copies, errors with a place.
//
// runtime.cpp speaks to the driver; tests/support/cuda_emulation/runtime.cpp stands in for it in tests
// without a GPU. Called by: cuda_backend.cpp, gemm.cpp, devices.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

struct CUstream_st;  // cudaStream_t is a pointer to it
struct CUevent_st;

namespace seedling::gpu {

using Stream = CUstream_st*;
using Event = CUevent_st*;

/// What a device is, as the driver tells.
struct DeviceFacts {
  std::string name;          // "NVIDIA H100 80GB HBM3"
  int major = 0, minor = 0;  // compute capability
  int multiprocessors = 0;
  size_t memory = 0;            // bytes
  size_t shared_per_block = 0;  // bytes that a block may ask for
  int driver = 0, runtime = 0;  // CUDA versions, 13000 for 13.0
};

struct MemoryFacts {
  size_t free = 0, total = 0;  // bytes
};

/// Why no device can be used ("no GPU in this machine", "the driver is too old: ..."); empty when one
/// answers.
std::string why_no_device();
/// The first device's facts. Throws Error when none answers.
DeviceFacts device_facts();

/// Ops that were recorded, to be started together.
class Graph {
 public:
  virtual ~Graph() = default;
};

/// One stream of work on the first device. Not for several threads at once.
class Runtime {
 public:
  /// Throws Error when no device answers.
  Runtime();
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  Stream stream() const { return stream_; }

  /// Null when there is not enough memory; aligned to 256 bytes, not cleared.
  void* allocate(size_t bytes);
  void release(void* memory);
  MemoryFacts memory() const;

  void clear(void* memory, size_t bytes);
  /// Copies through pinned memory: returns when `host` may be changed, long before the device has it.
  void upload(void* device, const void* host, size_t bytes);
  /// Returns when the host has it.
  void download(void* host, const void* device, size_t bytes);
  void copy(void* to, const void* from, size_t bytes);
  void synchronize();

  /// The ops that work() starts; none of them runs. It must neither wait nor ask for memory.
  std::unique_ptr<Graph> record(const std::function<void()>& work);
  void start(const Graph& graph);
  /// False with SEEDLING_CUDA_CHECK=1 or SEEDLING_CUDA_GRAPHS=0 in the environment.
  bool can_record() const { return can_record_; }

  /// Names the op that was just started, and throws Error if starting it failed. What fails while running
  /// shows at the next synchronize() or download(), which then names the ops since the last; with
  /// SEEDLING_CUDA_CHECK=1 in the environment every op is waited for, so that the message names the one.
  void started(const char* op);

 private:
  /// Throws Error unless `code` (a cudaError_t) is success.
  void check(int code, const char* what);

  static constexpr size_t kStaging = size_t{16} << 20;  // bytes of pinned memory, used in turn
  static constexpr int kSlots = 64;                     // uploads under way at a time

  Stream stream_ = nullptr;
  std::byte* staging_ = nullptr;
  size_t staged_ = 0;  // cursor in staging_
  struct Upload {
    size_t begin = 0, end = 0;
    Event done = nullptr;
    bool pending = false;
  };
  Upload uploads_[kSlots];
  int next_upload_ = 0;
  const char* first_op_ = nullptr;  // since the last synchronisation
  const char* last_op_ = nullptr;
  bool check_each_ = false, can_record_ = true;
};

}  // namespace seedling::gpu
