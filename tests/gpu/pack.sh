#!/bin/sh
# Builds the programs of tests/gpu/run.py here and puts them, with the libraries they need, into a folder that runs on
# another x86-64 Linux with a GPU (one that has a driver and cuBLASLt, but not what the build needs).
#   sh tests/gpu/pack.sh FOLDER [ARCHITECTURES]     ARCHITECTURES: compute capabilities, default "80;90"
set -eu
cd "$(dirname "$0")/../.."
folder=$1
architectures=${2:-80;90}
cmake -S . -B build/gpu -DCMAKE_BUILD_TYPE=Release -DSEEDLING_CUDA_ARCHITECTURES="$architectures" >/dev/null
grep -q 'SEEDLING_NVCC_WORKS:INTERNAL=ON' build/gpu/CMakeCache.txt || { echo "pack: no CUDA toolkit was found here" >&2; exit 1; }
cmake --build build/gpu --target seedling test_cuda -j"$(nproc)"
mkdir -p "$folder/lib"
cp build/gpu/seedling build/gpu/test_cuda "$folder/"
strip "$folder/seedling" "$folder/test_cuda"
# All they are linked to but the C library, which every Linux has; and OpenBLAS, which the program opens at run time.
openblas=$(ldconfig -p | awk '/libopenblas\.so\.0/ { print $NF; exit }')
[ -z "$openblas" ] || cp -L "$openblas" "$folder/lib/"
for file in "$folder/seedling" "$folder/test_cuda" $openblas; do
  ldd "$file" | awk '/=> \// { print $3 }' | grep -vE '/(libc|libm|libdl|librt|libpthread|ld-linux.*)\.so' || true
done | sort -u | xargs -r -I{} cp -L {} "$folder/lib/"
du -sh "$folder"
