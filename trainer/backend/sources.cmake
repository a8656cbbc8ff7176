# Which files make the backend on this machine. `sources` holds backend/*.cpp; the devices' files are added here.

file(GLOB cpu_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/cpu/*.cpp)
set(cpu ${CMAKE_SOURCE_DIR}/${folder}/cpu)
if(APPLE)
  list(REMOVE_ITEM cpu_sources ${cpu}/blas.cpp)
  list(APPEND libraries "-framework Accelerate")
else()
  list(REMOVE_ITEM cpu_sources ${cpu}/blas_accelerate.cpp)
  list(APPEND libraries ${CMAKE_DL_LIBS})
endif()

# The row kernels: one source, compiled for each instruction set, chosen at run time (cpu/isa/isa.h). Floating
# point stays IEEE (NaN and infinity included); only errno, traps and separate rounding of a * b + c are given up.
set(isa_flags -fno-math-errno -fno-trapping-math -ffp-contract=fast -fopenmp-simd)
# -O3 is worth its compile time only to conversions from and to bf16; loops over floats need no more than vectors.
set(vector_flags -O2 -ftree-vectorize)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND vector_flags -fvect-cost-model=dynamic)
endif()
set_source_files_properties(${cpu}/isa/baseline.cpp PROPERTIES COMPILE_OPTIONS "${isa_flags};${vector_flags}")
list(APPEND cpu_sources ${cpu}/isa/baseline.cpp)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(REMOVE_ITEM cpu_sources ${cpu}/machine_other.cpp)
  set(avx2_flags ${isa_flags} -mavx2 -mfma -mf16c)
  set(avx512_flags ${avx2_flags} -mavx512f -mavx512bw -mavx512dq -mavx512vl -mprefer-vector-width=512)
  set_source_files_properties(${cpu}/isa/avx2.cpp PROPERTIES COMPILE_OPTIONS "${avx2_flags};${vector_flags}")
  set_source_files_properties(${cpu}/isa/avx512.cpp PROPERTIES COMPILE_OPTIONS "${avx512_flags};${vector_flags}")
  set_source_files_properties(${cpu}/isa/avx512bf16.cpp PROPERTIES COMPILE_OPTIONS "${avx512_flags};-O3;-mavx512bf16")
  set_source_files_properties(${cpu}/isa/amx.cpp PROPERTIES COMPILE_OPTIONS "-mamx-tile;-mamx-bf16")
  list(APPEND cpu_sources ${cpu}/isa/avx2.cpp ${cpu}/isa/avx512.cpp ${cpu}/isa/avx512bf16.cpp ${cpu}/isa/amx.cpp
       ${cpu}/isa/choose_x86.cpp)
else()
  list(REMOVE_ITEM cpu_sources ${cpu}/machine_x86.cpp)
  list(APPEND cpu_sources ${cpu}/isa/choose_other.cpp)
endif()
list(APPEND sources ${cpu_sources})

# CUDA: built in where a toolkit (12 or newer) is found that works with this compiler, left out without a word where not.
# cuBLASLt is opened at run time (cuda/gemm.cpp), so the program also starts on machines without it.
option(SEEDLING_CUDA "Build the CUDA backend where a toolkit is found" ON)
set(SEEDLING_HAS_CUDA OFF)
if(SEEDLING_CUDA AND NOT APPLE)
  include(${CMAKE_SOURCE_DIR}/${folder}/cuda/toolkit.cmake)
endif()
if(SEEDLING_HAS_CUDA)
  list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/${folder}/no_cuda.cpp)
  list(APPEND sources ${cuda_sources} ${cuda_objects})
  list(APPEND libraries ${cuda_libraries})
  # Each by itself, so that the tests can put an emulated GPU in their place (tests/support/cuda_emulation).
  set_source_files_properties(${cuda_sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
else()
  set_source_files_properties(${CMAKE_SOURCE_DIR}/${folder}/no_cuda.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endif()
