#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# includes.sh <repository>: include directives follow the dependency rule
#   plugins -> sdk -> core/include/zeolite/abi;  tools, tests, examples -> core
# and the layers of the core's sources, each of which sees those before it.
. "$(dirname "$0")/common.sh"
cd "$1"
layers="base plugin metadata engine hierarchy"

layer_number() {
  local number=0 layer
  for layer in $layers; do
    number=$((number + 1))
    [ "$layer" = "$1" ] && echo "$number" && return
  done
  echo 0
}

# A quoted include is resolved beside the file that has it, as the compiler does.
resolve() { realpath -m --relative-to=. "$(dirname "$1")/$2"; }

# allow <what this is> <regular expression for <zeolite/...> and quoted headers, resolved> files...
# Headers of the system and of other libraries are not this check's business.
allow() {
  local what=$1 allowed=$2 file include line header path
  shift 2
  for file in "$@"; do
    checked=$((checked + 1))
    while read -r include; do
      [ -n "$include" ] || continue
      line=${include%%:*} header=${include#*:}
      case $header in
        '"'*) path=$(resolve "$file" "${header#\"}") ;;
        '<zeolite/'*) path=${header#<} ;;
        *) continue ;;
      esac
      [[ $path =~ ^($allowed)$ ]] || complain "$file:$line: $what must not include ${header#?}"
    done < <(includes_of "$file")
  done
}

allow "the contract" 'core/include/zeolite/abi/[a-z_]+\.h' core/include/zeolite/abi/*.h
allow "the public interface" 'zeolite/(abi/)?[a-z_]+\.(h|hpp)' core/include/zeolite/*.hpp
allow "the SDK" 'zeolite/(abi|sdk)/.*' sdk/include/zeolite/sdk/**/*.hpp
allow "a conformance suite" 'zeolite/.*' sdk/include/zeolite/testing/**/*.hpp

for file in core/src/**/*.cpp core/src/**/*.hpp; do
  layer=${file#core/src/} layer=${layer%%/*}
  number=$(layer_number "$layer")
  if [ "$number" -eq 0 ]; then
    complain "$file: core/src has the layers $layers, and no \"$layer\""
    continue
  fi
  visible=$(echo $layers | cut -d' ' -f"1-$number" | tr ' ' '|')
  allow "layer $layer" "zeolite/(abi/)?[a-z_]+\.(h|hpp)|core/src/($visible)/.*" "$file"
  if [ "$layer" != plugin ] && grep -nE '# *include *<boost/dll' "$file"; then
    complain "$file: only core/src/plugin sees Boost.DLL"
  fi
done

# What a plugin's library is made of, found by following includes from its sources, is held to more than its tests are.
for list in plugins/*/*/CMakeLists.txt; do
  folder=$(dirname "$list")
  mapfile -t files < <(find "$folder" -name '*.c' -o -name '*.cc' -o -name '*.cpp' | grep -v '_test\.' | sort)
  for ((i = 0; i < ${#files[@]}; i++)); do
    while IFS=: read -r _ header; do
      path=$(resolve "${files[i]}" "${header#\"}")
      [[ $header == '"'* && -f $path && " ${files[*]} " != *" $path "* ]] && files+=("$path")
    done < <(includes_of "${files[i]}")
  done
  allow "a plugin" "zeolite/(abi|sdk)/.*|$folder/.*" "${files[@]}"
  mapfile -t tests < <(find "$folder" -name '*_test.cpp' | sort)
  allow "a plugin's test" "zeolite/.*|$folder/.*" "${tests[@]}"
done
for file in plugins/**/*.{c,cc,cpp,h,hpp}; do
  if grep -nE '# *include *<boost/dll' "$file"; then complain "$file: only core/src/plugin sees Boost.DLL"; fi
done

finish "includes of files"
