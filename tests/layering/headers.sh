#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# headers.sh <repository> <C compiler> <C++ compiler> [options...]: every public header compiles alone; the contract's
# as C11 and as C++, the others as C++20.
. "$(dirname "$0")/common.sh"
cd "$1"
export CC=$2 CXX=$3
shift 3
export OPTIONS="-fsyntax-only -Wall -Wextra -Werror -Icore/include -Isdk/include $*"

# One compiler per line: "<language> <header, as it is included>".
list() {
  local file
  for file in core/include/zeolite/abi/*.h; do
    echo "c ${file#core/include/}"
    echo "c++ ${file#core/include/}"
  done
  for file in core/include/zeolite/*.hpp; do echo "c++ ${file#core/include/}"; done
  for file in sdk/include/zeolite/**/*.hpp; do echo "c++ ${file#sdk/include/}"; done
}

compile() {  # options are words
  if [ "$1" = c ]; then
    echo "#include <$2>" | $CC -std=c11 -pedantic -Wstrict-prototypes $OPTIONS -x c - && exit 0
  else
    echo "#include <$2>" | $CXX -std=c++20 $OPTIONS -x c++ - && exit 0
  fi
  echo "$2 does not compile alone as $1"
  exit 1
}
export -f compile

checked=$(list | wc -l)
headers=$(list | cut -d' ' -f2 | sort -u | wc -l)
contract=$(list | grep -c '^c ')
list | xargs -P "$(nproc)" -L 1 bash -c 'compile "$0" "$1"' || complain "see above"
echo "$headers public headers, $contract of them C"
finish "compilations of one header alone"
