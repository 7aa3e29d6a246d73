# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the tests of the command: *_test.sh COMMAND PLUGINS WORK. Every check that fails says what it saw; the test
# goes on, so that one run shows all, and ends with `finish`.
set -uo pipefail
command=$1 plugins=$2
rm -rf "$3" && mkdir -p "$3" && cd "$3" || exit 1
checks=0 failures=0

zeolite() { "$command" "$@"; }

fail() {
  failures=$((failures + 1))
  echo "FAILED (line ${BASH_LINENO[1]}): $*"
}

# check_exit CODE ARGUMENTS...: runs the command; what it prints lies in ./out and ./err afterwards. An error is one
# line that begins with the program's name.
check_exit() {
  local wanted=$1 code
  shift
  checks=$((checks + 1))
  "$command" "$@" >out 2>err </dev/null
  code=$?
  [ "$code" -eq "$wanted" ] || fail "zeolite $*: exit code $code instead of $wanted: $(head -c 300 err)"
  [ "$wanted" -eq 0 ] && return
  [ "$(wc -l <err)" -eq 1 ] || fail "zeolite $*: not one line on standard error: $(head -c 300 err)"
  grep -q -e '^zeolite: .' -e '^{"error":' err || fail "zeolite $*: a strange error: $(head -c 300 err)"
}

ok() { check_exit 0 "$@"; }

# refused PATTERN ARGUMENTS...: exit code 1, and the error matches.
refused() {
  local pattern=$1
  shift
  check_exit 1 "$@"
  grep -q -e "$pattern" err || fail "zeolite $*: the error does not match '$pattern': $(head -c 300 err)"
}

usage() {
  local pattern=$1
  shift
  check_exit 2 "$@"
  grep -q -e "$pattern" err || fail "zeolite $*: the error does not match '$pattern': $(head -c 300 err)"
}

# prints PATTERN: what the last command printed matches.
prints() {
  checks=$((checks + 1))
  grep -q -e "$1" out || fail "the output does not match '$1': $(head -c 500 out)"
}

# is TEXT: what the last command printed is exactly this.
is() {
  checks=$((checks + 1))
  [ "$(cat out; printf .)" = "$1." ] || fail "printed '$(head -c 300 out)' instead of '$1'"
}

same() {
  checks=$((checks + 1))
  cmp "$1" "$2" || fail "$1 and $2 differ"
}

# bytes HEX...: as bytes.
bytes() {
  local byte
  for byte in "$@"; do printf "\\x$byte"; done
}

# npy_file DESCR FORTRAN SHAPE: a .npy file of version 1 with the elements of standard input.
npy_file() {
  local header="{'descr': $1, 'fortran_order': $2, 'shape': $3, }" length=118
  printf '\x93NUMPY\x01\x00\x76\x00%s' "$header"
  printf "%*s\n" $((length - 1 - ${#header})) ""
  cat
}

finish() {
  echo "$checks checks, $failures failed"
  [ "$failures" -eq 0 ]
  exit
}
