#!/bin/sh
# make check: format, include directions, and the unit tests and the server's tests under the sanitizers.
set -eu
cd "$(dirname "$0")/.."

if command -v clang-format-14 >/dev/null 2>&1; then
  git ls-files '*.h' '*.cpp' | xargs clang-format-14 --dry-run --Werror
  echo "format: right"
else
  echo "format: not checked (clang-format-14 is not installed)"
fi
python3 tests/check_includes.py
export SEEDLING_SLOW=20  # the sanitizers' programs may take their time
for preset in asan tsan; do
  # Reports go to files: the servers under test are ended by their tests, which do not read all that they say.
  report=$PWD/build/$preset/report
  rm -f "$report".*
  export ASAN_OPTIONS="log_path=$report" UBSAN_OPTIONS="log_path=$report:print_stacktrace=1"
  export TSAN_OPTIONS="log_path=$report:suppressions=$PWD/tests/support/tsan.supp"
  cmake --preset $preset >/dev/null
  cmake --build --preset $preset -j"$(nproc)" >/dev/null
  ctest --test-dir build/$preset -L unit --output-on-failure
  # The whole program: the dashboard's server behind raw sockets, with trainers, streams and models beside it.
  ctest --test-dir build/$preset -R '^integration_test_server' --output-on-failure
  if ls "$report".* >/dev/null 2>&1; then
    cat "$report".*
    echo "$preset: reports were written" >&2
    exit 1
  fi
done
