// Matrix products by cuBLASLt: see gemm.h.
//
// cuBLASLt counts columns first, so a row-major d = a b is asked for as d^T = b^T a^T: its left operand is
// our b, its right one our a, and a bias along the columns of d becomes one along its rows, which is what it
// offers. For each kind of product the library is asked once for its best kernel; the answer, with its
// descriptions, is kept.
//
// The library is opened at run time, so that a program built with CUDA also starts on a machine without.
#include "backend/cuda/gemm.h"

#include <cublasLt.h>
#include <dlfcn.h>

#include <array>
#include <cstring>
#include <map>

#include "base/error.h"

namespace seedling::gpu {
namespace {

/// The functions of the library that are used.
struct Library {
  decltype(&cublasLtCreate) create;
  decltype(&cublasLtDestroy) destroy;
  decltype(&cublasLtGetVersion) version;
  decltype(&cublasLtMatmul) matmul;
  decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic;
  decltype(&cublasLtMatmulDescCreate) desc_create;
  decltype(&cublasLtMatmulDescSetAttribute) desc_set;
  decltype(&cublasLtMatrixLayoutCreate) layout_create;
  decltype(&cublasLtMatrixLayoutSetAttribute) layout_set;
  decltype(&cublasLtMatmulPreferenceCreate) preference_create;
  decltype(&cublasLtMatmulPreferenceSetAttribute) preference_set;
  decltype(&cublasLtMatmulPreferenceDestroy) preference_destroy;
};

constexpr int kMajor = CUBLAS_VER_MAJOR;

template <typename Function>
void find(void* handle, Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  if (function == nullptr) fail("cuBLASLt has no ", name, ": install the CUDA Toolkit ", kMajor, " again.");
}

const Library& functions() {
  static const Library found = [] {
    const std::string name = concat("libcublasLt.so.", kMajor),
                      beside = concat(SEEDLING_CUDA_LIBRARIES, "/", name);
    void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) handle = dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      fail("--device cuda: ", name, " was not found, neither where libraries are nor in ",
           SEEDLING_CUDA_LIBRARIES, ". Install the CUDA Toolkit ", kMajor,
           ", or set LD_LIBRARY_PATH to the folder that has it.");
    }
    Library l = {};
    find(handle, l.create, "cublasLtCreate");
    find(handle, l.destroy, "cublasLtDestroy");
    find(handle, l.version, "cublasLtGetVersion");
    find(handle, l.matmul, "cublasLtMatmul");
    find(handle, l.heuristic, "cublasLtMatmulAlgoGetHeuristic");
    find(handle, l.desc_create, "cublasLtMatmulDescCreate");
    find(handle, l.desc_set, "cublasLtMatmulDescSetAttribute");
    find(handle, l.layout_create, "cublasLtMatrixLayoutCreate");
    find(handle, l.layout_set, "cublasLtMatrixLayoutSetAttribute");
    find(handle, l.preference_create, "cublasLtMatmulPreferenceCreate");
    find(handle, l.preference_set, "cublasLtMatmulPreferenceSetAttribute");
    find(handle, l.preference_destroy, "cublasLtMatmulPreferenceDestroy");
    return l;
  }();
  return found;
}

void check(cublasStatus_t status, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS)
    fail("cuBLASLt failed in ", what, " (status ", static_cast<int>(status), ")");
}

cudaDataType type_of(DType type) { return type == DType::bf16 ? CUDA_R_16BF : CUDA_R_32F; }

/// The largest power of two up to 256 that divides the address.
uint32_t alignment_of(const void* address) {
  const uintptr_t bits = reinterpret_cast<uintptr_t>(address) | 256;
  return static_cast<uint32_t>(bits & (~bits + 1));
}

/// All that decides which kernel is best.
using Key = std::array<int64_t, 20>;

struct Plan {
  cublasLtMatmulDesc_t desc = nullptr;
  cublasLtMatrixLayout_t left = nullptr, right = nullptr, in = nullptr, out = nullptr;
  cublasLtMatmulAlgo_t algorithm = {};
  bool found = false;
};

constexpr size_t kWorkspace = size_t{32} << 20;  // what NVIDIA recommends for Hopper

}  // namespace

struct Gemm::State {
  Runtime& runtime;
  cublasLtHandle_t handle = nullptr;
  void* workspace = nullptr;
  std::map<Key, Plan> plans;

  template <typename Value>
  void set(Plan& plan, cublasLtMatmulDescAttributes_t attribute, const Value& value) {
    check(functions().desc_set(plan.desc, attribute, &value, sizeof value), "describing a product");
  }
  cublasLtMatrixLayout_t layout(DType type, int64_t rows, int64_t columns, int64_t batch, int64_t stride) {
    cublasLtMatrixLayout_t made = nullptr;
    check(functions().layout_create(&made, type_of(type), static_cast<uint64_t>(rows),
                                    static_cast<uint64_t>(columns), rows),
          "describing a matrix");
    if (batch == 1) return made;
    const int32_t count = static_cast<int32_t>(batch);
    check(functions().layout_set(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count),
          "describing matrices");
    check(functions().layout_set(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride),
          "describing matrices");
    return made;
  }
  Plan make_plan(const Product& p);
  void choose(Plan& plan, const Product& p);
};

Plan Gemm::State::make_plan(const Product& p) {
  Plan plan;
  const bool single = p.type_in == DType::f32;
  check(functions().desc_create(
            &plan.desc, single && p.tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, CUDA_R_32F),
        "describing a product");
  set(plan, CUBLASLT_MATMUL_DESC_TRANSA, p.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(plan, CUBLASLT_MATMUL_DESC_TRANSB, p.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
  if (p.pre != nullptr) {
    set(plan, CUBLASLT_MATMUL_DESC_EPILOGUE,
        p.backward          ? CUBLASLT_EPILOGUE_DGELU
        : p.bias != nullptr ? CUBLASLT_EPILOGUE_GELU_AUX_BIAS
                            : CUBLASLT_EPILOGUE_GELU_AUX);
    set(plan, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, p.n);
    set(plan, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, p.pre);
  } else if (p.bias != nullptr) {
    set(plan, CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
  }
  if (p.bias != nullptr) {
    set(plan, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, type_of(p.type_out));
    set(plan, CUBLASLT_MATMUL_DESC_BIAS_POINTER, p.bias);
  }
  plan.left = p.transpose_b ? layout(p.type_in, p.k, p.n, p.batch, p.b_stride)
                            : layout(p.type_in, p.n, p.k, p.batch, p.b_stride);
  plan.right = p.transpose_a ? layout(p.type_in, p.m, p.k, p.batch, p.a_stride)
                             : layout(p.type_in, p.k, p.m, p.batch, p.a_stride);
  plan.in = layout(p.type_out, p.n, p.m, p.batch, p.c_stride);
  plan.out = layout(p.type_out, p.n, p.m, p.batch, p.c_stride);
  choose(plan, p);
  return plan;
}

void Gemm::State::choose(Plan& plan, const Product& p) {
  cublasLtMatmulPreference_t preference = nullptr;
  check(functions().preference_create(&preference), "choosing a kernel");
  const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t attribute, auto value) {
    check(functions().preference_set(preference, attribute, &value, sizeof value), "choosing a kernel");
  };
  prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, static_cast<uint64_t>(kWorkspace));
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment_of(p.b));
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment_of(p.a));
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignment_of(p.c));
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignment_of(p.d));
  cublasLtMatmulHeuristicResult_t best = {};
  int count = 0;
  const cublasStatus_t status = functions().heuristic(handle, plan.desc, plan.left, plan.right, plan.in,
                                                      plan.out, preference, 1, &best, &count);
  functions().preference_destroy(preference);
  plan.found = status == CUBLAS_STATUS_SUCCESS && count > 0;
  plan.algorithm = best.algo;
}

Gemm::Gemm(Runtime& runtime) : state_(new State{runtime, nullptr, nullptr, {}}) {
  check(functions().create(&state_->handle), "its start");
  state_->workspace = runtime.allocate(kWorkspace);
  if (state_->workspace == nullptr)
    fail("Not enough GPU memory for cuBLASLt's ", kWorkspace >> 20, " MiB of workspace.");
}

Gemm::~Gemm() {
  state_->runtime.release(state_->workspace);
  functions().destroy(state_->handle);
}

bool Gemm::run(const Product& given) {
  Product p = given;
  if (p.c == nullptr) p.c = p.d;
  const bool extras = p.bias != nullptr || p.pre != nullptr;
  const Key key = {p.m,
                   p.n,
                   p.k,
                   p.transpose_a,
                   p.transpose_b,
                   static_cast<int64_t>(p.type_in),
                   static_cast<int64_t>(p.type_out),
                   p.beta != 0.0f,
                   p.bias != nullptr,
                   p.pre != nullptr,
                   p.backward,
                   p.tf32,
                   alignment_of(p.a) + (int64_t{alignment_of(p.b)} << 16),
                   alignment_of(p.c) + (int64_t{alignment_of(p.d)} << 16),
                   alignment_of(p.bias) + (int64_t{alignment_of(p.pre)} << 16),
                   p.c == p.d,
                   p.batch,
                   p.a_stride,
                   p.b_stride,
                   p.c_stride};
  auto found = state_->plans.find(key);
  if (found == state_->plans.end()) found = state_->plans.emplace(key, state_->make_plan(p)).first;
  Plan& plan = found->second;
  if (!plan.found) {
    if (extras) return false;
    fail("cuBLASLt has no kernel for a product of ", p.m, " x ", p.k, " and ", p.k, " x ", p.n, " (",
         p.type_in == DType::bf16 ? "bf16" : "fp32", ")");
  }
  if (p.bias != nullptr) state_->set(plan, CUBLASLT_MATMUL_DESC_BIAS_POINTER, p.bias);
  if (p.pre != nullptr) state_->set(plan, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, p.pre);
  check(functions().matmul(state_->handle, plan.desc, &p.alpha, p.b, plan.left, p.a, plan.right, &p.beta, p.c,
                           plan.in, p.d, plan.out, &plan.algorithm, state_->workspace, kWorkspace,
                           state_->runtime.stream()),
        concat("a product of ", p.m, " x ", p.k, " and ", p.k, " x ", p.n).c_str());
  return true;
}

std::string Gemm::library() const {
  const size_t version = functions().version();  // 130002 for 13.0.2
  return concat("cuBLASLt ", version / 10000, ".", version / 100 % 100, ".", version % 100);
}

}  // namespace seedling::gpu
