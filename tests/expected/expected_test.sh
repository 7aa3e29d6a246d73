#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# expected_test.sh COMMAND FOLDER: for every line of expected.jsonl the SHA-256 of what `zeolite cat` prints
# must be the one that is stated. Lines that name an extension of missing.txt, which nobody provides yet, are
# listed; all others must match.
# Exit codes: 0 fine, 1 something differs or the list is missing, 77 there is no such folder.
set -uo pipefail
command=$1
folder=$2
list=$folder/expected.jsonl
if [ ! -d "$folder" ]; then
  echo "SKIPPED: there is no folder $folder (set ZEOLITE_TEST_DATA to the folder of foreign arrays)"
  exit 77
fi
[ -f "$list" ] || { echo "there is no $list"; exit 1; }

member() { sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p" <<<"$2"; }

known_missing=$(dirname "$0")/missing.txt

total=0 matched=0 unsupported=0 failed=0
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
while IFS= read -r line || [ -n "$line" ]; do
  [ -n "$line" ] || continue
  total=$((total + 1))
  path=$(member path "$line")
  format=raw
  [ "$(member dtype "$line")" = object ] && format=json
  found=$("$command" cat "$folder/$path" --format "$format" 2>"$errors" | sha256sum)
  if [ "${found%% *}" = "$(member sha256 "$line")" ] && [ ! -s "$errors" ]; then
    matched=$((matched + 1))
  elif missing=$("$command" info "$folder/$path" | grep -m 1 '(missing: ') &&
    grep -q -F -f "$known_missing" <<<"$missing"; then
    unsupported=$((unsupported + 1))
    echo "unsupported: $path: $(cut -c 1-100 <<<"$missing")"
  else
    failed=$((failed + 1))
    echo "DIFFERS: $path: $(head -c 500 "$errors")"
  fi
done <"$list"

echo "expected.jsonl: $matched of $total lines match, $unsupported need missing extensions, $failed differ"
[ "$failed" -eq 0 ] && [ "$matched" -gt 0 ]
