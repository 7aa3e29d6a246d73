#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Plugins: list, describe, why; arrays whose plugins are missing.
. "$(dirname "$0")/support.sh"
export XDG_DATA_HOME=$PWD/nobody
unset ZEOLITE_PLUGIN_PATH

ok plugin list --plugin-path "$plugins"
prints "codec gzip"
ok plugin list --plugin-path "$plugins" --no-default-plugins --json
prints '"name": "gzip"'
ok plugin describe "$plugins/zeolite_codec_gzip.so"
prints "^provides .*codec gzip"
ok plugin describe "$plugins/zeolite_codec_gzip.so" --json
prints '"abi_major": 0'
refused "." plugin describe absent.so
echo "no library" >text.so
refused "." plugin describe text.so

ok plugin why gzip --plugin-path "$plugins"
prints "^  provided by .*gzip"
grep -q "data_type" out && fail "points that know nothing of the name are listed"
refused "no usable plugin provides" plugin why nonsense
prints "^searched"
refused "no usable plugin provides the store" plugin why gzip --point store
refused "no usable plugin provides" plugin why gzp --plugin-path "$plugins"
prints "^  similar .*gzip"
check_exit 1 plugin why nonsense --json
prints '"asked": "nonsense"'
# By its manifest a plugin provides the name; only when its library is opened does it show that it cannot.
mkdir hollow
cp "$plugins/zeolite_codec_gzip.zeolite.json" hollow/
echo "no library" >hollow/zeolite_codec_gzip.so
hollow=(--no-default-plugins --plugin-path "$PWD/hollow")
ok plugin list "${hollow[@]}"
prints "codec gzip"
refused "no usable plugin provides 'gzip'" plugin why gzip "${hollow[@]}"
prints "^  because .*the library of the plugin that would provide it cannot be used"
prints "^  not by .*hollow/zeolite_codec_gzip.so"
prints "^searched"
check_exit 1 plugin why gzip --point codec --json "${hollow[@]}"
prints '"plugin": ""'

# --- all but one plugin ---
mkdir subset full
for file in "$plugins"/*.so "$plugins"/*.zeolite.json; do
  ln -s "$file" full/
  case $file in
    *codec_zstd*) ;;
    *) cp "$file" subset/ ;;
  esac
done
all() { echo --plugin-path "$plugins"; }
few() { echo --no-default-plugins --plugin-path "$PWD/subset"; }
# shellcheck disable=SC2046
{
  ok create z.zarr --shape 6 --dtype int16 --chunks 2 --codec zstd $(all)
  printf '[1, 2, 3, 4, 5, 6]' >json
  ok write z.zarr json --format json $(all)
  ok cat z.zarr $(all) --format json
  refused "zstd" cat z.zarr $(few)
  refused "zstd" write z.zarr json --format json $(few)
  ok info z.zarr --chunks $(few)
  prints "zstd .*(missing: "
  prints "^readable .*no: .*zstd"
  prints "^stored .*3 chunks"
  ok info z.zarr --chunks --json $(few)
  prints '"usable": false'
  ok tree z.zarr $(few)
  prints "cannot be read: .*zstd"
  ok copy z.zarr y.zarr $(few)
  diff -r z.zarr y.zarr || fail "a copy without the codec differs"
  refused "zstd" create n.zarr --shape 6 --dtype int16 --codec zstd $(few)
  refused "searched\|provides" plugin why zstd $(few)

  # --- deny, by a configuration file ---
  name=$(zeolite plugin why zstd --point codec --json $(all) | sed -n 's/.*"plugin": "\([^"]*\)".*/\1/p' | head -n 1)
  printf '{"deny": ["%s"]}' "$name" >deny.json
  refused "zstd" cat z.zarr $(all) --config deny.json
  refused "." cat z.zarr $(all) --config absent.json
  printf '{"deny": 7}' >bad.json
  refused "deny" cat z.zarr $(all) --config bad.json
  printf '{"aliases": {"codec:my-zip": "zstd"}}' >alias.json
  ok plugin why my-zip --config alias.json $(all)
  prints "stands for zstd"

  # --- the same plugins twice: the first directory wins, and the loser is named ---
  ok plugin why zstd --point codec --plugin-path "$PWD/full" $(all)
  prints "^  not by "
}

finish
