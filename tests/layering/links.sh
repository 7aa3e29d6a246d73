#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# links.sh <folder with built plugins> <other built libraries and programs...>: no plugin needs the core's library, and
# a third-party library is needed by one plugin alone and by nothing else.
. "$(dirname "$0")/common.sh"
folder=$1
shift

# The C and C++ libraries, what sanitizers and coverage bring, and what the SDK itself is made with.
common='c|m|dl|pthread|gcc_s|stdc\+\+|c\+\+|c\+\+abi|unwind|asan|ubsan|tsan|clang_rt.*|gcov|fmt'
common="^(ld-linux.*|lib($common|boost_json|boost_container|boost_system))\.so"

needed_by() { readelf -d "$1" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p' | grep -vE "$common" || true; }

declare -A owner
for plugin in "$folder"/*.so; do
  checked=$((checked + 1))
  while IFS= read -r library; do
    if [[ $library == libzeolite* ]]; then
      complain "$plugin: a plugin must not link the core"
    elif [ -n "${owner[$library]:-}" ]; then
      complain "$plugin: $library belongs to ${owner[$library]}"
    fi
    owner[$library]=$(basename "$plugin")
  done < <(needed_by "$plugin")
done

for file in "$@"; do
  checked=$((checked + 1))
  while IFS= read -r library; do
    [ -z "${owner[$library]:-}" ] || complain "$file: $library belongs to ${owner[$library]}"
  done < <(needed_by "$file")
done

for library in "${!owner[@]}"; do echo "$library: ${owner[$library]}"; done
finish "libraries and programs"
