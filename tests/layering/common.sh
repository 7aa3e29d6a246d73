# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the checks of this folder: complain() records a violation, finish() reports and sets the exit status.
set -euo pipefail
shopt -s globstar nullglob
violations=0
checked=0

complain() {
  echo "$1"
  violations=$((violations + 1))
}

finish() {  # what was checked, in words
  echo "$1: $checked checked, $violations violations"
  if [ "$checked" -eq 0 ]; then
    echo "nothing was found to check, so this test would never fail"
    exit 1
  fi
  [ "$violations" -eq 0 ]
}

# Code without comments, for the plain style of this repository.
code_of() {
  sed -E -e 's#/\*.*\*/##g' -e '/^ *(\*|\/\*)/d' -e 's#(^|[^:"])//.*#\1#' "$1"
}

# Prints "line:header" for everything a file includes, with its < or " in front.
includes_of() {
  grep -nE '^ *# *include' "$1" | sed -E 's/^([0-9]+): *# *include *([<"][^>"]+)[>"].*/\1:\2/' || true
}
