#!/bin/sh
# Makes a CUDA toolkit from Python packages, for machines that have none: enough to compile and link the CUDA backend,
# without a driver or a GPU. Prints the folder, for the environment variable CUDAToolkit_ROOT.
#   sh tests/support/cuda_toolkit.sh FOLDER
set -eu
folder=$1
toolkit=$(ls -d "$folder"/lib/python3*/site-packages/nvidia/cu13 2>/dev/null || true)
if [ ! -e "$folder/complete" ]; then
  rm -rf "$folder"
  if ! python3 -c 'import ensurepip' 2>/dev/null; then apt-get install -y -qq --no-install-recommends python3-venv >&2; fi
  python3 -m venv "$folder" >&2
  "$folder/bin/pip" install --quiet --disable-pip-version-check \
    nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-cuda-runtime==13.0.96 \
    nvidia-cuda-cccl==13.0.85 nvidia-cublas==13.0.2.14 >&2
  toolkit=$(ls -d "$folder"/lib/python3*/site-packages/nvidia/cu13)
  touch "$folder/complete"
fi
echo "$toolkit"
