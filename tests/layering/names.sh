#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# names.sh <repository> <folder with built plugins>: no name that a plugin provides is a string literal of the core. The
# names are those of the plugins' manifests.
. "$(dirname "$0")/common.sh"
cd "$1"

# Words that mean something else where they stand: "<file> <word>".
allowed="
core/include/zeolite/abi/plugin.h default
core/src/plugin/settings.cpp default
core/src/metadata/v2.cpp endian
"
# These are: a visibility of the compiler's; a member of the configuration file; a member that the role @elements takes.

mapfile -t names < <(cat "$2"/*.zeolite.json | tr -d '\n' | sed 's/" *: */":/g' |
  grep -oE '"(name|aliases|v2_ids)":("[^"]*"|\[[^]]*\])' | sed -E 's/^"[a-z0-9_]+"://' |
  grep -oE '"[^"@][^"]*"' | sort -u)
echo "${#names[@]} names from $(ls "$2"/*.zeolite.json | wc -l) manifests"
[ "${#names[@]}" -gt 1 ] || complain "no manifests, or none that could be read"

for file in core/include/**/*.{h,hpp} core/src/**/*.{hpp,cpp}; do
  checked=$((checked + 1))
  while IFS= read -r name; do
    if ! grep -qxF "$file ${name//\"/}" <<<"$allowed"; then
      complain "$file: the core must not know the extension name $name"
    fi
  done < <(code_of "$file" | grep -oFf <(printf '%s\n' "${names[@]}") | sort -u)
done

finish "extension names in files of the core"
