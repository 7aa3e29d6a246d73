#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# foreign_data_test.sh WORK PROGRAMS...: runs the test cases of each program that read what other implementations have
# written, without the folder, and with one that has nothing in it.
set -uo pipefail
work=$1
shift
rm -rf "$work" && mkdir -p "$work/empty" || exit 1
cases='*other implementations*,*numcodecs*'
failures=0

# check FOLDER WANTED PROGRAM: `skipped` is exit code 77, `failed` any other but 0.
check() {
  local code found=failed
  ZEOLITE_TEST_DATA=$work/$1 "$3" "$cases" >"$work/out" 2>&1
  code=$?
  case $code in 0) found=passed ;; 77) found=skipped ;; esac
  [ "$found" = "$2" ] && return
  failures=$((failures + 1))
  echo "$(basename "$3") with the folder $1: $found, not $2 (exit code $code)"
  cat "$work/out"
}

for program in "$@"; do
  check absent skipped "$program"
  check empty failed "$program"
done
exit "$failures"
