#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# compare.sh <program> <snapshot> <command that updates the snapshot>: fails when the contract differs from the snapshot
# in anything but an append: a member after the others in a struct that begins with struct_size or with a table's head,
# a new struct, a new enumerator.
set -euo pipefail
now=$(mktemp)
trap 'rm -f "$now"' EXIT
"$1" >"$now"

status=0
awk -f "$(dirname "$0")/compare.awk" "$2" "$now" || status=$?
case $status in
  0) ;;
  3)
    echo "Compatible. Record it, so that it is kept from now on:"
    echo "  $3"
    ;;
  *)
    echo "Plugins that are already built would misread the contract. Append instead, and raise ZEO_ABI_MINOR."
    echo "A parameter that only got another name, or a break that is meant while ZEO_ABI_MAJOR is 0, is recorded with"
    echo "  $3"
    echo "and said in CHANGELOG.md."
    exit 1
    ;;
esac
