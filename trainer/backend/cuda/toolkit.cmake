# Looks for a CUDA toolkit and, where there is one, compiles the kernels. Included by backend/sources.cmake, which reads
# SEEDLING_HAS_CUDA, cuda_sources, cuda_objects and cuda_libraries.
#
# nvcc is called directly: each kernel file once, for all architectures. SEEDLING_CUDA_ARCHITECTURES names them; by
# default the GPU's own where one answers, else 8.0 and 9.0. The newest is also kept as PTX, for GPUs newer than that.
find_package(CUDAToolkit 12 QUIET)
set(nvcc ${CUDAToolkit_NVCC_EXECUTABLE})
if(NOT CUDAToolkit_FOUND OR NOT nvcc OR NOT TARGET CUDA::cudart_static
   OR NOT EXISTS ${CUDAToolkit_INCLUDE_DIRS}/cublasLt.h)
  return()
endif()

if(NOT DEFINED SEEDLING_NVCC_WORKS)
  file(WRITE ${CMAKE_BINARY_DIR}/cuda/try.cu "#include <string>\n__global__ void kernel(int* x) { *x = 1; }\n")
  execute_process(COMMAND ${nvcc} -std=c++20 -c try.cu -o try.o WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/cuda
                  RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(status EQUAL 0)
    set(SEEDLING_NVCC_WORKS ON CACHE INTERNAL "nvcc compiles with this C++ compiler")
  else()
    set(SEEDLING_NVCC_WORKS OFF CACHE INTERNAL "nvcc compiles with this C++ compiler")
    message(WARNING "CUDA is left out: ${nvcc} was found but cannot compile here:\n${said}")
  endif()
endif()
if(NOT SEEDLING_NVCC_WORKS)
  return()
endif()

if(NOT DEFINED SEEDLING_CUDA_ARCHITECTURES)
  execute_process(COMMAND nvidia-smi --query-gpu=compute_cap --format=csv,noheader OUTPUT_VARIABLE own ERROR_QUIET
                  RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REGEX MATCH "^[0-9]+\\.[0-9]" own "${own}")
  if(status EQUAL 0 AND own)
    string(REPLACE "." "" own ${own})
  else()
    set(own 80 90)
  endif()
  set(SEEDLING_CUDA_ARCHITECTURES ${own} CACHE STRING "Compute capabilities to compile for, the newest last")
endif()
set(cuda_flags -std=c++20 -O3 --expt-relaxed-constexpr -Xcompiler=-Wall,-Wextra)
if(SEEDLING_WERROR)
  list(APPEND cuda_flags -Werror=all-warnings)
endif()
foreach(architecture ${SEEDLING_CUDA_ARCHITECTURES})
  list(APPEND cuda_flags -gencode=arch=compute_${architecture},code=sm_${architecture})
  set(newest ${architecture})
endforeach()
list(APPEND cuda_flags -gencode=arch=compute_${newest},code=compute_${newest})

set(cuda ${CMAKE_CURRENT_LIST_DIR})
file(GLOB cuda_sources CONFIGURE_DEPENDS ${cuda}/*.cpp)
file(GLOB kernel_files CONFIGURE_DEPENDS ${cuda}/*.cu)
set(cuda_objects "")
foreach(kernel_file ${kernel_files})
  get_filename_component(name ${kernel_file} NAME_WE)
  set(object ${CMAKE_BINARY_DIR}/cuda/${name}.o)
  add_custom_command(OUTPUT ${object} DEPENDS ${kernel_file} DEPFILE ${object}.d
    COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} ${nvcc} ${cuda_flags} -I${CMAKE_SOURCE_DIR}/trainer -I${cuda}/hardware
            -MD -MF ${object}.d -c ${kernel_file} -o ${object}
    COMMENT "Compiling ${name}.cu for ${SEEDLING_CUDA_ARCHITECTURES}" VERBATIM)
  list(APPEND cuda_objects ${object})
endforeach()
set_source_files_properties(${cuda_sources} PROPERTIES COMPILE_OPTIONS "-isystem;${CUDAToolkit_INCLUDE_DIRS}")
set_source_files_properties(${cuda}/gemm.cpp PROPERTIES
  COMPILE_DEFINITIONS SEEDLING_CUDA_LIBRARIES="${CUDAToolkit_LIBRARY_DIR}")
set(cuda_libraries CUDA::cudart_static)
set(SEEDLING_HAS_CUDA ON)
