# Looks for a CUDA toolkit and, where there is one, compiles the kernels. Included by backend/sources.cmake, which reads
# SEEDLING_HAS_CUDA, cuda_sources, cuda_objects and cuda_libraries.
#
# nvcc is called directly: each kernel file once, for all architectures. SEEDLING_CUDA_ARCHITECTURES names them; by
# default the GPU's own where one answers, else 8.0 and 9.0. The newest is also kept as PTX, for GPUs newer than that.
#
# The toolkit is looked for where CUDAToolkit_ROOT, CUDA_HOME or CUDA_PATH say, in /usr/local/cuda and on the PATH. (CMake's
# own FindCUDAToolkit, up to 3.25, stops with an error at toolkits without nvToolsExt, which CUDA 13 no longer has.)
find_program(SEEDLING_NVCC nvcc PATH_SUFFIXES bin
             HINTS ${CUDAToolkit_ROOT} $ENV{CUDAToolkit_ROOT} $ENV{CUDA_HOME} $ENV{CUDA_PATH} /usr/local/cuda)
if(NOT SEEDLING_NVCC)
  return()
endif()
get_filename_component(root ${SEEDLING_NVCC} REALPATH)
get_filename_component(root ${root} DIRECTORY)
get_filename_component(root ${root} DIRECTORY)
find_path(SEEDLING_CUDA_INCLUDE cublasLt.h HINTS ${root} PATH_SUFFIXES include targets/x86_64-linux/include)
find_library(SEEDLING_CUDART libcudart_static.a HINTS ${root}
             PATH_SUFFIXES lib64 lib targets/x86_64-linux/lib lib/x86_64-linux-gnu)
execute_process(COMMAND ${SEEDLING_NVCC} --version OUTPUT_VARIABLE said ERROR_QUIET)
string(REGEX MATCH "release ([0-9]+)" said "${said}")
if(NOT SEEDLING_CUDA_INCLUDE OR NOT SEEDLING_CUDART OR CMAKE_MATCH_1 LESS 12)
  return()
endif()
set(nvcc ${SEEDLING_NVCC})

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
set(for_architectures "")
set(hopper OFF)
foreach(architecture ${SEEDLING_CUDA_ARCHITECTURES})
  list(APPEND for_architectures -gencode=arch=compute_${architecture},code=sm_${architecture})
  set(newest ${architecture})
  if(architecture MATCHES "^90")
    set(hopper ON)
  endif()
endforeach()
list(APPEND for_architectures -gencode=arch=compute_${newest},code=compute_${newest})

set(cuda ${CMAKE_CURRENT_LIST_DIR})
file(GLOB cuda_sources CONFIGURE_DEPENDS ${cuda}/*.cpp)
file(GLOB kernel_files CONFIGURE_DEPENDS ${cuda}/*.cu)
set(cuda_objects "")
foreach(kernel_file ${kernel_files})
  get_filename_component(kernel ${kernel_file} NAME_WE)
  set(architectures ${for_architectures})
  if(kernel STREQUAL "attention_wgmma")  # instructions that 9.0 alone has
    if(NOT hopper)
      continue()
    endif()
    set(architectures -gencode=arch=compute_90a,code=sm_90a)
  endif()
  set(object ${CMAKE_BINARY_DIR}/cuda/${kernel}.o)
  add_custom_command(OUTPUT ${object} DEPENDS ${kernel_file} DEPFILE ${object}.d
    COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} ${nvcc} ${cuda_flags} ${architectures} -I${CMAKE_SOURCE_DIR}/trainer -I${cuda}/hardware
            -MD -MF ${object}.d -c ${kernel_file} -o ${object}
    COMMENT "Compiling ${kernel}.cu for ${SEEDLING_CUDA_ARCHITECTURES}" VERBATIM)
  list(APPEND cuda_objects ${object})
endforeach()
set_source_files_properties(${cuda_sources} PROPERTIES COMPILE_OPTIONS "-isystem;${SEEDLING_CUDA_INCLUDE}")
get_filename_component(cuda_library_folder ${SEEDLING_CUDART} DIRECTORY)
set_source_files_properties(${cuda}/gemm.cpp PROPERTIES
  COMPILE_DEFINITIONS SEEDLING_CUDA_LIBRARIES="${cuda_library_folder}")
if(hopper)
  set_property(SOURCE ${cuda}/cuda_attention.cpp APPEND PROPERTY COMPILE_DEFINITIONS SEEDLING_CUDA_WGMMA)
endif()
set(cuda_libraries ${SEEDLING_CUDART} ${CMAKE_DL_LIBS} rt)
set(SEEDLING_HAS_CUDA ON)
