#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Elements in and out: raw, npy and json, boxes, every kind of type.
. "$(dirname "$0")/support.sh"

# --- raw ---
ok create a.zarr --shape 4,6 --dtype uint8 --chunks 2,4 --codec gzip --fill 9
ok cat a.zarr --format json
is "[$(printf '9, %.0s' $(seq 23))9]"
seq 0 23 | while read -r i; do printf "\\x$(printf %02x "$i")"; done >raw
ok write a.zarr raw --format raw
ok cat a.zarr
same out raw
ok cat a.zarr -v
grep -q 'info: stores: [0-9]* requests, .* read, 0 bytes written' err || fail "what stores did: $(cat err)"
grep -q 'info: codecs: 24 bytes of elements, 32 bytes decoded in [0-9.]* ms' err || fail "what codecs did: $(cat err)"
zeolite cat a.zarr | zeolite write a.zarr --format raw || fail "write from a pipe"
ok cat a.zarr
same out raw

# --- boxes ---
ok cat a.zarr --format json --box "1:3,1:6:2"
is "[7, 9, 11, 13, 15, 17]"
ok cat a.zarr --format json --box "-1"
is "[18, 19, 20, 21, 22, 23]"
ok cat a.zarr --format json --box ":,-2:"
is "[4, 5, 10, 11, 16, 17, 22, 23]"
ok cat a.zarr --format json --box "2:2"
is "[]"
refused "reaches 7 in dimension 1" cat a.zarr --box ":,0:7"
refused "reaches -5 in dimension 0" cat a.zarr --box=-5
refused "has 3 dimensions, the array has 2" cat a.zarr --box ":,:,:"
usage "is not a whole number" cat a.zarr --box "x"
usage "must be 1 or more" cat a.zarr --box "::0"
bytes 64 65 >two
ok write a.zarr two --format raw --box "3,0:6:5"
ok cat a.zarr --format json --box "3"
is "[100, 19, 20, 21, 22, 101]"

# --- input that is not what the array takes ---
head -c 23 raw >short && refused "has 23 bytes of elements; the box .* needs 24" write a.zarr short --format raw
(cat raw; printf x) >long && refused "has 25 bytes" write a.zarr long --format raw
checks=$((checks + 1))
(cat raw; printf x) | zeolite write a.zarr --format raw 2>err && fail "too much input from a pipe was taken"
grep -q "goes on after the 24 bytes" err || fail "too much input from a pipe: $(cat err)"
refused "No such file" write a.zarr absent.npy
refused "magic" write a.zarr raw
ok create b.zarr --shape 3 --dtype bool
bytes 00 01 02 >bools && refused "other than 0 and 1" write b.zarr bools --format raw
bytes 00 01 01 >bools && ok write b.zarr bools --format raw
ok cat b.zarr --format json
is "[false, true, true]"

# --- npy ---
npy_file "'|u1'" False "(4, 6)" <raw >a.npy
ok write a.zarr a.npy
ok cat a.zarr --format npy
same out a.npy
npy_file "'|u1'" True "(4, 6)" <raw >fortran.npy
ok write a.zarr fortran.npy
ok cat a.zarr --format json --box "0"
is "[0, 4, 8, 12, 16, 20]"
ok create i2.zarr --shape 3 --dtype int16 --chunks 2
bytes 00 01 ff fe 7f ff | npy_file "'>i2'" False "(3,)" >big.npy
ok write i2.zarr big.npy
ok cat i2.zarr --format json
is "[1, -2, 32767]"
ok cat i2.zarr --format npy --box "0:2"
bytes 01 00 fe ff | npy_file "'<i2'" False "(2,)" >wanted.npy
same out wanted.npy
refused "has the shape \[3\], the box to write \[2\]" write i2.zarr big.npy --box "0:2"
bytes 01 00 fe ff ff 7f | npy_file "'<u2'" False "(3,)" >unsigned.npy
refused "elements of type \"<u2\", the array is int16" write i2.zarr unsigned.npy
printf '' | npy_file "'|O'" False "(3,)" >objects.npy
refused "Python objects" write i2.zarr objects.npy
ok create scalar.zarr --shape "[]" --dtype float64
bytes 00 00 00 00 00 00 f8 3f | npy_file "'<f8'" False "()" >scalar.npy
ok write scalar.zarr scalar.npy
ok cat scalar.zarr --format json
is "[1.5]"
ok cat scalar.zarr --format npy
same out scalar.npy
ok create empty.zarr --shape 0,5 --dtype float64
ok cat empty.zarr
is ""
ok cat empty.zarr --format json
is "[]"
ok write empty.zarr /dev/null --format raw

# Hostile headers are refused, each with one line.
hostile() {
  cat >hostile.npy
  refused "$1" write i2.zarr hostile.npy
}
printf '\x93NUMPY' | hostile "magic"
printf '\x93NUMPY\x09\x00\x10\x00' | hostile "version 9"
printf '\x93NUMPY\x02\x00\xff\xff\xff\xff' | hostile "claims 4294967295 bytes"
printf '\x93NUMPY\x01\x00\xff\x00{' | hostile "ends within the .npy header"
printf '' | npy_file "'<i2'" False "(99999999999999999999,)" | hostile "malformed"
printf '' | npy_file "'<i2'" False "(9223372036854775807, 9223372036854775807)" | hostile "."
printf '' | npy_file "'<i2'" False "(-1,)" | hostile "malformed"
printf '' | npy_file "'<i2'" Maybe "(3,)" | hostile "malformed"
brackets=$(printf '(%.0s' $(seq 33))
printf '' | npy_file "'<i2'" False "$brackets${brackets//(/)}" | hostile "malformed"
printf '' | npy_file "'<i2'" False "(3,), 'descr': '<i2'" | hostile "malformed"
printf '' | npy_file "'<i2'" False "3" | hostile "exactly descr, fortran_order and shape"

# --- json: every kind of type, there and back ---
round_trip() {
  ok create "t$checks.zarr" --shape "$2" --dtype "$1" --chunks 2
  local array="t$((checks - 1)).zarr"
  printf '%s' "$3" >json
  ok write "$array" json --format json
  ok cat "$array" --format json
  is "$3"
}
round_trip bool 3 '[true, false, true]'
round_trip int8 3 '[-128, 0, 127]'
round_trip int64 3 '[-9223372036854775808, 0, 9223372036854775807]'
round_trip uint64 2 '[0, 18446744073709551615]'
round_trip float32 5 '[0.1, -0.0, 1e-45, 3.4028235e+38, 16777216.0]'
round_trip float64 5 '[0.1, -0.0, 5e-324, 1.7976931348623157e+308, 0.30000000000000004]'
round_trip float64 5 '["NaN", "Infinity", "-Infinity", "0x7ff8000000000001", 2.5]'
round_trip float16 3 '[1.5, -0.0, "NaN"]'
round_trip complex64 2 '[[0.1, -0.0], [1.0, "NaN"]]'
round_trip complex128 2 '[[0.1, -2.5], ["Infinity", 0.0]]'
round_trip r16 2 '[[1, 2], [255, 0]]'
round_trip string 4 '["plain", "", "quote \" comma, [bracket] \\", "Ñoño 世界"]'
refused "a list of 2 elements; the box of shape \[3\] has 3" write b.zarr <(echo '[true, false]') --format json
refused "element 1" write b.zarr <(echo '[true, 7, false]') --format json
refused "not a JSON list" write b.zarr <(echo '7') --format json
refused "between two commas" write b.zarr <(echo '[true,,false]') --format json

# Strings have no size, so neither bytes nor NumPy can hold them.
ok create s.zarr --shape 2 --dtype string
refused "no raw form; use --format json" cat s.zarr
refused "no npy form; use --format json" cat s.zarr --format npy
refused "no raw form" write s.zarr raw --format raw

# --- pieces: with little memory an array is read and written in many, along one axis or several ---
seq 1 40000 | head -c 120000 >text
for chunks in 5,10,250 12,1,50 12,20,250 1,20,30; do
  for batch in 20kB 3kB 450 1; do
    [ "$batch" = 1 ] && [ "$chunks" != 12,20,250 ] && continue
    box=":"
    [ "$batch" = 1 ] && box="11,19"
    ok create pieces.zarr --shape 12,20,250 --dtype int16 --chunks "$chunks" --overwrite
    ok write pieces.zarr text --format raw
    ok cat pieces.zarr --box "$box" --working-bytes "$batch"
    if [ "$batch" = 1 ]; then same out <(tail -c 500 text); else same out text; fi
  done
done
ok cat pieces.zarr --format npy
mv out pieces.npy
ok create pieces.zarr --shape 12,20,250 --dtype int16 --chunks 5,10,250 --overwrite
ok write pieces.zarr pieces.npy --working-bytes 7kB
ok cat pieces.zarr --working-bytes 7kB
same out text
ok create transposed.zarr --shape 250,20,12 --dtype int16 --chunks 90,20,5 --overwrite
(printf '' | npy_file "'<i2'" True "(250, 20, 12)"; cat text) >fortran.npy
ok write transposed.zarr fortran.npy --working-bytes 7kB
ok cat transposed.zarr --box "3,5,7" --format json
mv out element
ok cat pieces.zarr --box "7,5,3" --format json
same out element
ok cat pieces.zarr --box "1:12:7,::3,2::9" --working-bytes 100
mv out small
ok cat pieces.zarr --box "1:12:7,::3,2::9"
same out small
usage "working-bytes" cat pieces.zarr --working-bytes lots

finish
