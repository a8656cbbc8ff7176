#!/bin/sh
# make bench: training speed of the presets on this machine, each against the ceiling measured in its own run.
#   sh tests/bench/table.sh build/seedling
set -eu
seedling=$1
printf '%-10s %-6s %10s %8s %12s %10s\n' preset type tokens/s mfu 'GEMM GFLOP/s' 'peak MB'
for preset in nano baby bert-mini gpt2; do
  for precision in fp32 bf16; do
    line=$("$seedling" bench --preset "$preset" --precision "$precision" --json 2>/dev/null | tail -n 1)
    # One JSON object on one line: pick the numbers out with sed, so that nothing but a shell is needed.
    value() { printf '%s' "$line" | sed -n "s/.*\"$1\":\([0-9.e+-]*\).*/\1/p"; }
    printf '%-10s %-6s %10.0f %7.1f%% %12.0f %10.0f\n' "$preset" "$precision" "$(value tokens_per_second)" \
      "$(awk "BEGIN { print 100 * $(value mfu) }")" "$(value gemm_gflops)" "$(awk "BEGIN { print $(value peak_rss_bytes) / 1e6 }")"
  done
done
