#!/bin/sh
# Feeds the parsers with random input: fuzz/run.sh [SECONDS=60], for each of the four drivers.
#
# Needs swiftc only. Inputs that found something new are kept in .build/fuzz/<driver>/corpus, and a failing input is
# left as .build/fuzz/<driver>/crash-…; run the driver with that file as its argument to see it again.
set -eu
seconds=${1:-60}
cd "$(dirname "$0")/.."
for driver in JSON Frames Stdio Tar; do
    case $driver in
    Tar) parsers=Sources/GantryTar/Read ;;
    *) parsers=Sources/GantryWire ;;
    esac
    out=.build/fuzz/$driver
    mkdir -p "$out/corpus"
    swiftc -O -wmo -swift-version 6 -enable-upcoming-feature InternalImportsByDefault \
        -sanitize=fuzzer,address -parse-as-library -module-name Fuzz -package-name gantry \
        "$parsers"/*.swift "fuzz/Fuzz$driver.swift" -o "$out/fuzz" 2>"$out/build" || {
        cat "$out/build" >&2
        exit 1
    }
    echo "fuzz $driver for $seconds s"
    # No leak check at the end: the runtime keeps its metadata for ever, and stopping to look needs ptrace.
    ASAN_OPTIONS=detect_leaks=0 "$out/fuzz" -max_total_time="$seconds" -max_len=8192 -print_final_stats=1 \
        -artifact_prefix="$out/" -close_fd_mask=1 "$out/corpus" 2>"$out/log" || {
        tail -n 40 "$out/log"
        echo "fuzz $driver: found something; see $out" >&2
        exit 1
    }
    grep -E "number_of_executed_units|new_units_added" "$out/log"
done
