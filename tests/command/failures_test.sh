#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What goes wrong: exit codes, one line on standard error, closed pipes, full disks.
. "$(dirname "$0")/support.sh"

# --- the command line ---
usage "subcommand"
usage "no subcommand 'tre', only tree, info" tre data.zarr
usage "no subcommand 'wy', only list, describe, why" plugin wy
usage "no subcommand 'tre', only tree, info" tre --help
usage "nonexistent" tree . --plugin-path nonexistent
usage "not expected" cat a b
usage "LOCATION" cat
usage "not in {raw,npy,json}" cat a --format csv
usage "threads" cat a --threads many
usage "not negative" cat a --working-bytes=-5
usage "shape" create x --dtype int8
usage "is not a list of lengths" create x --shape 1,x --dtype int8
usage "is not a list of lengths" create x --shape=-1 --dtype int8
usage "fill" create x --shape 1 --dtype int8 --fill '{'
usage "codec" create x --shape 1 --dtype int8 --codec '{"configuration": {}}'
usage "neither --group nor --metadata" create x --group --shape 1
usage "neither --group nor --attributes" create x --metadata f --group
usage "JSON object" create x --group --attributes '[1]'
usage "point" plugin why x --point nonsense
[ -e x ] && fail "a refused command line made something"

# --- help and version ---
ok --help && prints "Exit codes"
ok --version && prints "^zeolite [0-9]"
for subcommand in tree info cat create write copy "plugin list" "plugin describe" "plugin why"; do
  # shellcheck disable=SC2086
  ok $subcommand --help && prints "Usage: zeolite $subcommand" && prints "--threads"
done

# --- nothing there ---
for subcommand in tree info cat "write --format raw"; do
  # shellcheck disable=SC2086
  refused "absent" $subcommand absent
done
refused "absent" copy absent target
[ -e target ] && fail "a refused copy made its target"
refused "nobody provides store" cat "nonsense://x"
grep -q "if .* is a path" err && fail "a URL with an authority is said to be meant as a path"
# A path that is taken for a URL; written so that it is not, it works.
refused 'nobody provides store "p".*"p:" was taken for the scheme of a URL.*write "./p:q.zarr"' cat p:q.zarr
[ -e p:q.zarr ] && fail "a refused location was made"
ok create ./p:q.zarr --group
[ -f p:q.zarr/zarr.json ] || fail "./p:q.zarr went elsewhere"
ok info file:p%3Aq.zarr
rm -r p:q.zarr

# --- creating ---
ok create g.zarr --group --attributes '{"a": 1}'
refused "" create g.zarr --group
ok create g.zarr --group --overwrite
ok create g.zarr --path x/y/z --shape 4 --dtype int16
ok info g.zarr/x/y && prints "group"
ok tree g.zarr && prints "z  \[4\] int16"
refused "nonsense" create new.zarr --shape 4 --dtype nonsense
refused "" create new.zarr --shape 4 --dtype int16 --chunks 0
refused "" create new.zarr --shape 4 --dtype int16 --chunks 2,2
refused "" create new.zarr --shape 4 --dtype int16 --fill '"text"'
refused "" create new.zarr --shape 4 --dtype int8 --fill 128
refused "" create new.zarr --shape 4 --dtype int16 --codec nonsense
refused "" create new.zarr --shape 4 --dtype int16 --dimension-names x,y
refused "" create g.zarr --path ../escape --group
refused "" create g.zarr --path a/__x --group
[ -e new.zarr/zarr.json ] && fail "a refused array was made"
[ -e escape ] && fail "a node left its store"

# --- elements that are none, boxes outside: the error names the array and the input ---
ok create e.zarr --path a --shape 2 --dtype int8
echo '[1, 300]' >elements
refused "the value must be from -128 to 127, not 300.*element 1.*array /.*input elements" \
  write e.zarr/a elements --format json
refused "dimension 0.*array /.*store e.zarr/a" cat e.zarr/a --box 7

# --- errors as JSON ---
check_exit 1 --json cat absent
grep -q '^{"error":{"code":"not found","message":".*"' err || fail "not an error in JSON: $(cat err)"
check_exit 2 --json cat
grep -q '^{"error":{"code":"usage"' err || fail "not a usage error in JSON: $(cat err)"

# --- standard output ---
ok create a.zarr --shape 1000000 --dtype float64 --fill 1.5
checks=$((checks + 3))
zeolite cat a.zarr >/dev/full 2>err && fail "a full disk was not noticed"
grep -q '^zeolite: cannot write to standard output: No space left on device$' err || fail "full disk: $(cat err)"
zeolite tree a.zarr >/dev/full 2>err && fail "a full disk was not noticed by tree"
zeolite cat a.zarr 2>err | head -c 10 >head.out
[ "${PIPESTATUS[0]}" -eq 0 ] || fail "cat | head: exit code ${PIPESTATUS[0]}"
[ -s err ] && fail "cat | head says: $(cat err)"

# --- broken data ---
ok create c.zarr --shape 4 --dtype int32 --codec bytes --codec crc32c
bytes 01 00 00 00 02 00 00 00 03 00 00 00 04 00 00 00 >raw
ok write c.zarr raw --format raw
printf 'XX' | dd of=c.zarr/c/0 conv=notrunc status=none
refused "c/0" cat c.zarr
refused "crc32c" cat c.zarr
printf '{"zarr_format": 3, "node_type": "array"' >c.zarr/zarr.json
refused "." info c.zarr
ok create h.zarr --group
ok create h.zarr --path good --shape 1 --dtype int8
ok create h.zarr --path bad --shape 1 --dtype int8
printf '{' >h.zarr/bad/zarr.json
check_exit 1 tree h.zarr
prints "good  \[1\] int8"

# Names of files steer no terminal.
mkdir "h.zarr/$(printf 'e\033[31m')"
printf '{"zarr_format": 3, "node_type": "group"}' >"h.zarr/$(printf 'e\033[31m')/zarr.json"
zeolite tree h.zarr 2>/dev/null | grep -q "$(printf '\033')" && fail "an escape sequence came through"

finish
