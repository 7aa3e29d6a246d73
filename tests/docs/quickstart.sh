#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# quickstart.sh <zeolite>: the shell sessions of docs/quickstart.md and README.md, in a folder that is thrown away.
set -euo pipefail
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$(dirname "$0")/../data/station.zarr" "$work"
cd "$work"
zeolite() { "$program" "$@"; }

# [look]
zeolite tree station.zarr
zeolite info station.zarr/hourly/gust
zeolite cat station.zarr/hourly/temperature --box "0:3,10:14" --format json
# [/look]

# [create]
zeolite create heights.zarr --shape 1000,1000 --dtype float32 --chunks 100,100 --shards 500,500 --codec zstd
head -c 4000000 /dev/urandom | zeolite write heights.zarr --format raw
zeolite info heights.zarr --chunks
zeolite cat heights.zarr --box "0:1000:10,0:1000:10" --format npy > thinned.npy
# [/create]

# [copy]
zeolite copy station.zarr/hourly hourly.zarr
# [/copy]

# [plugins]
zeolite plugin list
zeolite plugin why zstd
zeolite plugin why lzma || true
# [/plugins]

[ "$(head -c 6 thinned.npy | tail -c 5)" = NUMPY ]
[ "$(zeolite cat hourly.zarr/gust | sha256sum)" = "$(zeolite cat station.zarr/hourly/gust | sha256sum)" ]
