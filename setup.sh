#!/bin/sh
# Installs what is missing, after saying what; silent and fast when there is nothing to do.
#   sh setup.sh build    what the program needs (make build)
#   sh setup.sh lessons  that, and what runs the lessons' experiments (make lessons)
#   sh setup.sh test     that, and what the tests need (make test)
set -eu
purpose=${1:-build}

debian() {
  wanted="g++ make cmake libopenblas0 nlohmann-json3-dev libcli11-dev libcpp-httplib-dev libjs-chart.js libjs-marked"
  if [ "$purpose" = test ]; then
    wanted="$wanted libboost-test-dev python3 nodejs npm"
    # Ubuntu's chromium is a snap that cannot run everywhere: the browser tests say so when there is none.
    [ -x /usr/bin/chromium ] || grep -qi '^ID=ubuntu' /etc/os-release || wanted="$wanted chromium"
    # A node of another origin is as good as the packaged one.
    command -v node >/dev/null 2>&1 && wanted=$(echo "$wanted" | sed 's/ nodejs npm//')
  fi
  [ "$purpose" != lessons ] || command -v node >/dev/null 2>&1 || wanted="$wanted nodejs"
  missing=""
  for package in $wanted; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  root=""
  [ "$(id -u)" = 0 ] || root=sudo
  if [ -n "$root" ] && ! command -v sudo >/dev/null 2>&1; then
    echo "setup: these packages are missing:$missing" >&2
    echo "setup: become root and run: apt-get install$missing" >&2
    exit 1
  fi
  echo "setup: installing with apt-get:$missing"
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  if ! { $root apt-get update -qq && $root apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    echo "setup: apt-get failed (its last lines stand above). Is there a network? Then try: apt-get install$missing" >&2
    exit 1
  fi
  rm -f "$log"
}

macos() {
  if ! command -v brew >/dev/null 2>&1; then
    echo "setup: Homebrew is needed to install the libraries: see https://brew.sh" >&2
    exit 1
  fi
  wanted="cmake nlohmann-json cli11 cpp-httplib node"
  [ "$purpose" = test ] && wanted="$wanted boost python3"
  missing=""
  for formula in $wanted; do
    brew list --formula "$formula" >/dev/null 2>&1 || missing="$missing $formula"
  done
  if [ -n "$missing" ]; then
    echo "setup: installing with brew:$missing"
    brew install --quiet $missing
  fi
  # Homebrew has no Chart.js and no marked: take the pinned npm packages once, at set-up.
  if [ ! -f build/chart.js/package/dist/chart.js ]; then
    echo "setup: fetching chart.js 3.9.1 with npm"
    mkdir -p build/chart.js
    (cd build/chart.js && npm pack --silent chart.js@3.9.1 >/dev/null && tar xzf chart.js-3.9.1.tgz)
  fi
  if [ ! -f build/marked/package/marked.min.js ]; then
    echo "setup: fetching marked 4.2.3 with npm"
    mkdir -p build/marked
    (cd build/marked && npm pack --silent marked@4.2.3 >/dev/null && tar xzf marked-4.2.3.tgz)
  fi
}

if [ -f /etc/os-release ] && grep -qiE '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release; then
  debian
elif [ "$(uname)" = Darwin ]; then
  macos
else
  # Anywhere else the compiler and CMake say what is missing; this says what to look for.
  for tool in cmake c++; do
    if ! command -v $tool >/dev/null 2>&1; then
      echo "setup: this system is neither Debian, Ubuntu nor macOS. Install by hand: a C++20 compiler, make, CMake 3.25," >&2
      echo "setup: OpenBLAS, nlohmann-json, CLI11, cpp-httplib, Chart.js 3.9, marked 4 (and Boost.Test for the tests); then run make again." >&2
      exit 1
    fi
  done
fi
