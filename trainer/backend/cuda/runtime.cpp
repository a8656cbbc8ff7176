// The CUDA runtime of a real GPU: see runtime.h.
#include "backend/cuda/runtime.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace seedling::gpu {
namespace {

std::string version_text(int version) { return concat(version / 1000, ".", version % 1000 / 10); }

/// Whether the device's memory can be asked for in the order of the stream, from a pool that keeps what is
/// given back.
bool use_pool() {
  int supported = 0;
  if (cudaDeviceGetAttribute(&supported, cudaDevAttrMemoryPoolsSupported, 0) != cudaSuccess || supported == 0)
    return false;
  cudaMemPool_t pool = nullptr;
  if (cudaDeviceGetDefaultMemPool(&pool, 0) != cudaSuccess) return false;
  uint64_t keep = UINT64_MAX;
  return cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep) == cudaSuccess;
}

bool pooled() {
  static const bool answer = use_pool();
  return answer;
}

bool environment_says(const char* name, const char* value) {
  const char* found = std::getenv(name);
  return found != nullptr && std::strcmp(found, value) == 0;
}

struct CudaGraph final : Graph {
  cudaGraphExec_t executable = nullptr;
  ~CudaGraph() override { cudaGraphExecDestroy(executable); }
};

}  // namespace

std::string why_no_device() {
  int driver = 0, count = 0;
  cudaDriverGetVersion(&driver);
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count > 0) return "";
  cudaGetLastError();  // the failure is told, not left for the next call
  if (driver == 0) return "no NVIDIA driver is loaded on this machine";
  if (status == cudaErrorInsufficientDriver) {
    return concat("the NVIDIA driver is too old: it serves CUDA ", version_text(driver),
                  ", this program needs ", version_text(CUDART_VERSION), "; install a newer driver");
  }
  if (status == cudaErrorNoDevice || status == cudaSuccess)
    return "the NVIDIA driver sees no GPU on this machine";
  return concat("the NVIDIA driver answers: ", cudaGetErrorString(status));
}

DeviceFacts device_facts() {
  const std::string why = why_no_device();
  if (!why.empty()) fail("--device cuda: ", why, ". Use --device cpu.");
  cudaDeviceProp properties = {};
  const cudaError_t status = cudaGetDeviceProperties(&properties, 0);
  if (status != cudaSuccess) fail("--device cuda: the GPU does not answer: ", cudaGetErrorString(status));
  DeviceFacts facts;
  facts.name = properties.name;
  facts.major = properties.major, facts.minor = properties.minor;
  facts.multiprocessors = properties.multiProcessorCount;
  facts.memory = properties.totalGlobalMem;
  facts.shared_per_block = properties.sharedMemPerBlockOptin;
  cudaDriverGetVersion(&facts.driver);
  cudaRuntimeGetVersion(&facts.runtime);
  return facts;
}

Runtime::Runtime() {
  const std::string why = why_no_device();
  if (!why.empty()) fail("--device cuda: ", why, ". Use --device cpu.");
  check_each_ = environment_says("SEEDLING_CUDA_CHECK", "1");
  can_record_ = !check_each_ && !environment_says("SEEDLING_CUDA_GRAPHS", "0");
  check(cudaSetDevice(0), "choosing the GPU");
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
  void* pinned = nullptr;
  check(cudaMallocHost(&pinned, kStaging), "pinning memory for copies");
  staging_ = static_cast<std::byte*>(pinned);
  for (Upload& upload : uploads_)
    check(cudaEventCreateWithFlags(&upload.done, cudaEventDisableTiming), "making an event");
}

Runtime::~Runtime() {
  cudaStreamSynchronize(stream_);
  for (Upload& upload : uploads_) cudaEventDestroy(upload.done);
  cudaFreeHost(staging_);
  cudaStreamDestroy(stream_);
}

void Runtime::check(int code, const char* what) {
  const cudaError_t status = static_cast<cudaError_t>(code);
  if (status == cudaSuccess) return;
  const std::string between = first_op_ == nullptr ? ""
                              : first_op_ == last_op_
                                  ? concat(" (running since: ", first_op_, ")")
                                  : concat(" (running since: ", first_op_, " ... ", last_op_,
                                           "; SEEDLING_CUDA_CHECK=1 in the environment finds the one)");
  fail("The GPU failed in ", what, ": ", cudaGetErrorString(status), between,
       ". The last checkpoint is whole: continue from it with --resume.");
}

void* Runtime::allocate(size_t bytes) {
  void* memory = nullptr;
  const size_t size = std::max<size_t>(bytes, 1);
  const cudaError_t status = pooled() ? cudaMallocAsync(&memory, size, stream_) : cudaMalloc(&memory, size);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  check(status, "allocating memory");
  return memory;
}

void Runtime::release(void* memory) {
  if (pooled()) {
    cudaFreeAsync(memory, stream_);
  } else {
    cudaStreamSynchronize(stream_);
    cudaFree(memory);
  }
}

MemoryFacts Runtime::memory() const {
  MemoryFacts facts;
  cudaMemGetInfo(&facts.free, &facts.total);
  return facts;
}

void Runtime::clear(void* memory, size_t bytes) {
  check(cudaMemsetAsync(memory, 0, bytes, stream_), "clearing memory");
}

void Runtime::upload(void* device, const void* host, size_t bytes) {
  if (bytes == 0) return;
  if (bytes > kStaging / 4) {  // parameters, once
    check(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream_), "copying to the GPU");
    return synchronize();
  }
  if (staged_ + bytes > kStaging) staged_ = 0;
  const size_t begin = staged_, end = begin + bytes;
  // Wait for earlier copies from the same bytes, and for the slot's own.
  for (Upload& earlier : uploads_) {
    const bool overlaps = earlier.begin < end && begin < earlier.end;
    if (!earlier.pending || (!overlaps && &earlier != &uploads_[next_upload_])) continue;
    check(cudaEventSynchronize(earlier.done), "copying to the GPU");
    earlier.pending = false;
  }
  std::memcpy(staging_ + begin, host, bytes);
  check(cudaMemcpyAsync(device, staging_ + begin, bytes, cudaMemcpyHostToDevice, stream_),
        "copying to the GPU");
  Upload& upload = uploads_[next_upload_];
  check(cudaEventRecord(upload.done, stream_), "copying to the GPU");
  upload.begin = begin, upload.end = end, upload.pending = true;
  next_upload_ = (next_upload_ + 1) % kSlots;
  staged_ = (end + 255) / 256 * 256;
}

void Runtime::download(void* host, const void* device, size_t bytes) {
  if (bytes > 0)
    check(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream_), "copying from the GPU");
  synchronize();
}

void Runtime::copy(void* to, const void* from, size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_), "copying on the GPU");
}

void Runtime::synchronize() {
  check(cudaStreamSynchronize(stream_), "work given to it");
  first_op_ = last_op_ = nullptr;
}

std::unique_ptr<Graph> Runtime::record(const std::function<void()>& work) {
  check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "recording a step");
  cudaGraph_t graph = nullptr;
  try {
    work();
  } catch (...) {
    cudaStreamEndCapture(stream_, &graph);
    if (graph != nullptr) cudaGraphDestroy(graph);
    cudaGetLastError();  // the first failure is the one that is told
    throw;
  }
  check(cudaStreamEndCapture(stream_, &graph), "recording a step");
  auto recorded = std::make_unique<CudaGraph>();
  const cudaError_t status = cudaGraphInstantiate(&recorded->executable, graph, 0);
  cudaGraphDestroy(graph);
  check(status, "preparing a recorded step");
  return recorded;
}

void Runtime::start(const Graph& graph) {
  check(cudaGraphLaunch(static_cast<const CudaGraph&>(graph).executable, stream_), "a recorded step");
}

void Runtime::started(const char* op) {
  check(cudaGetLastError(), op);
  if (first_op_ == nullptr) first_op_ = op;
  last_op_ = op;
  if (check_each_) {
    check(cudaStreamSynchronize(stream_), op);
    first_op_ = last_op_ = nullptr;
  }
}

}  // namespace seedling::gpu
