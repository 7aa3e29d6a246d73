#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Hierarchies: create, tree, info, copy.
. "$(dirname "$0")/support.sh"

ok create p.zarr --group --attributes '{"site": "north", "big": 18446744073709551615}'
ok create p.zarr --path raw/day1 --shape 100,100 --dtype float32 --chunks 10,10 --shards 50,50 --codec zstd \
  --fill '"NaN"' --dimension-names 'x,' --attributes '{"unit": "K"}'
ok create p.zarr --path names --shape 2 --dtype string
ok create p.zarr --path runs --shape 7 --dtype int16 \
  --grid '{"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [[4, 3]]}}'
ok create p.zarr --path dots --shape 4 --dtype uint8 --chunks 2 \
  --key-encoding '{"name": "v2", "configuration": {"separator": "."}}'

ok tree p.zarr
is "/
├── dots  [4] uint8 chunks [2]
├── names  [2] string chunks [2]
├── raw/
│   └── day1  [100, 100] float32 chunks [10, 10] in shards [50, 50]
└── runs  [7] int16 grid rectilinear
"
ok tree p.zarr --depth 1
prints "raw/"
grep -q day1 out && fail "--depth 1 goes deeper"
ok tree p.zarr --json
prints '"name": "day1"'
prints '"chunk_shape": \[10, 10\]'
prints '"shard_shape": \[50, 50\]'
ok tree p.zarr/raw/day1
is "/  [100, 100] float32 chunks [10, 10] in shards [50, 50]
"

ok info p.zarr
prints "^members .*3 arrays, 1 group"
prints '"big": 18446744073709551615'
ok info p.zarr/raw/day1 --chunks
prints "^shape .*\[100, 100\]"
prints "^data type .*float32  (plugin "
prints "^codec .*(plugin "
prints '^fill value .*"NaN"'
prints "^dimensions .*x, -"
prints "^shard shape .*\[50, 50\]"
prints "^chunk shape .*\[10, 10\]"
prints "^shards .*\[2, 2\] = 4"
prints "^stored .*0 shards"
prints '"unit": "K"'
printf '[%s]' "$(seq -s, 0 99)" >line
ok write p.zarr/raw/day1 line --format json --box "60"
ok info p.zarr/raw/day1 --chunks
prints "^stored .*2 shards"
ok info p.zarr/raw/day1 --chunks --json
prints '"stored": 2'
prints '"usable": true'
ok info --runtime
prints "^searched "
ok info --runtime --json --threads 3
prints '"threads": 3'
prints '"merge_gap_bytes": null'

ok info p.zarr --path dots
prints "^path .*dots"
ok tree p.zarr --path raw --depth 1
prints "day1"
refused "no array or group" info p.zarr --path nothing
ok info p.zarr/dots
prints "^chunks .*\[2\] = 2"
ok create chosen.zarr --shape 10 --dtype int8 --json
prints '"chunk_key_encoding"'

# --- a whole document ---
ok create q.zarr --metadata p.zarr/raw/day1/zarr.json
same p.zarr/raw/day1/zarr.json q.zarr/zarr.json
ok create g.zarr --metadata p.zarr/zarr.json
same p.zarr/zarr.json g.zarr/zarr.json
checks=$((checks + 1))
zeolite create r.zarr --metadata - <p.zarr/raw/day1/zarr.json || fail "a document from standard input"
refused "." create s.zarr --metadata line
# Byte for byte, what a parser would change included; but no copies of documents that are another group's.
odd='"dev.example": {"must_understand":false,  "n": [NaN, 123456789012345678901234567890, 1.50]}'
printf '{"zarr_format":3,\n\n "node_type": "group",%s}' "$odd" >odd.json
ok create odd.zarr --metadata odd.json
same odd.json odd.zarr/zarr.json
sed "s/^{/{$odd, /" p.zarr/raw/day1/zarr.json >odd_array.json
ok create odd_array.zarr --metadata odd_array.json
same odd_array.json odd_array.zarr/zarr.json
copies='"consolidated_metadata":{"kind":"inline","must_understand":false,"metadata":{"a":{"node_type":"group"}}}'
sed "s/\"group\",/\"group\",$copies,/" odd.json >consolidated.json
ok create consolidated.zarr --metadata consolidated.json
same odd.json consolidated.zarr/zarr.json

# --- copy ---
ok copy p.zarr copy.zarr
diff -r p.zarr copy.zarr || fail "the copy differs"
refused "is not empty" copy p.zarr copy.zarr
ok copy p.zarr counted.zarr --json
copied=$(find p.zarr -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
grep -q "\"bytes\":$copied" out || fail "the copy has $copied bytes, not as many as told: $(cat out)"
ok copy p.zarr/raw copy.zarr --overwrite
diff -r p.zarr/raw copy.zarr || fail "the copy over another differs"
mkdir other && echo mine >other/notes.txt
refused "no Zarr node" copy p.zarr other --overwrite
[ -f other/notes.txt ] || fail "copy removed a folder that was no Zarr node"
refused "inside each other" copy p.zarr p.zarr --overwrite
refused "inside each other" copy p.zarr p.zarr/raw --overwrite
refused "inside each other" copy p.zarr/raw ./p.zarr/../p.zarr --overwrite
refused "inside each other" copy p.zarr p.zarr/new/place
refused "inside each other" copy p.zarr "file://localhost$PWD/p.zarr" --overwrite
refused "inside each other" copy p.zarr "file://$PWD/p%2Ezarr" --overwrite
refused "inside each other" copy p.zarr 'p.zarr|prefix:raw' --overwrite
ln -s p.zarr link.zarr
refused "inside each other" copy link.zarr p.zarr --overwrite
[ -f p.zarr/raw/day1/zarr.json ] || fail "a refused copy removed its source"
ok copy p.zarr/names only.zarr --json
prints '"values":1'

finish
