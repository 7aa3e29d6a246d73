#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# style.sh <repository>: what a formatter does not see. Licence lines, one-time inclusion, file and line lengths, notes
# to oneself that nobody reads again.
. "$(dirname "$0")/common.sh"
cd "$1"

for file in {core,sdk,plugins,tools,tests,examples}/**/*.{h,hpp,c,cc,cpp,cmake,sh} \
            {core,sdk,plugins,tools,tests,examples,cmake}/**/{CMakeLists.txt,*.cmake}; do
  checked=$((checked + 1))
  head -3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' ||
    complain "$file: the SPDX line is missing from its first three lines"
  case $file in
    *.hpp) grep -q '^#pragma once' "$file" || complain "$file: #pragma once is missing" ;;
  esac
  lines=$(wc -l <"$file")
  [ "$lines" -le 600 ] || complain "$file: $lines lines; 600 is the limit, and most want to be below 400"
  # Counted in characters, not bytes.
  long=$(LC_ALL=C.UTF-8 grep -nE '^.{121,}' "$file" | head -1 | cut -d: -f1 || true)
  [ -z "$long" ] || complain "$file:$long: longer than 120 columns"
done
# Split, so that this file does not find itself.
notes="TO""DO|FIX""ME"
grep -rnwE "$notes" --include='*' core sdk plugins tools tests examples cmake docs ./*.md 2>/dev/null &&
  complain "notes like these belong into issues"

echo "longest files:"
git ls-files '*.h' '*.hpp' '*.c' '*.cpp' '*.cmake' '*.sh' 2>/dev/null | xargs -r wc -l | sort -rn | sed -n '2,6p'
finish "style of files"
