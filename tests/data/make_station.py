#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/station.zarr with zarr-python 3, for tests and the main job to read.

Needs zarr and numpy from PyPI; run it again only to change what the data set holds:

    python tests/data/make_station.py
"""
import hashlib
import json
import pathlib
import shutil

import numpy
import zarr

here = pathlib.Path(__file__).parent
path = here / "station.zarr"
shutil.rmtree(path, ignore_errors=True)
random = numpy.random.default_rng(7)

root = zarr.create_group(path, attributes={"title": "A made-up weather station", "elevation_m": 412.5})
hourly = root.create_group("hourly", attributes={"begin": "2024-01-01T00:00:00Z"})
days, hours = 366, 24
season = numpy.sin(numpy.arange(days)[:, None] / days * 2 * numpy.pi)
temperature = (10 + 8 * season + random.normal(0, 1, (days, hours))).astype("float32")
temperature[100:103] = numpy.nan

arrays = {
    "hourly/temperature": (temperature, dict(chunks=(61, 24), fill_value=numpy.float32("nan"))),
    "hourly/gust": ((temperature * 3).clip(0).astype("uint16"), dict(chunks=(6, 6), shards=(60, 24))),
    "hourly/direction": (
        random.integers(0, 360, (days, hours), dtype="int16"),
        dict(
            chunks=(100, 10),
            filters=[zarr.codecs.TransposeCodec(order=(1, 0))],
            serializer=zarr.codecs.BytesCodec(endian="big"),
            compressors=[zarr.codecs.GzipCodec(level=6), zarr.codecs.Crc32cCodec()],
        ),
    ),
    "hourly/valid": (~numpy.isnan(temperature), dict(chunks=(366, 1), compressors=[zarr.codecs.BloscCodec(cname="lz4")])),
    "observer": (numpy.array(["Ada", "Grace", "", "Катерина", "Émilie"], dtype=object).astype(
        numpy.dtypes.StringDType()), dict(chunks=(2,))),
    "height": (numpy.array(412.5), {}),
}
expected = []
for name, (values, options) in arrays.items():
    array = root.create_array(name, shape=values.shape, dtype=values.dtype, **options)
    array[...] = values
    if values.dtype.kind == "T":
        raw = json.dumps(values.tolist(), ensure_ascii=False).encode()
    else:
        raw = numpy.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"))).tobytes()
    expected.append(f"{hashlib.sha256(raw).hexdigest()}  {name}\n")
(here / "station.sha256").write_text("".join(expected))
zarr.consolidate_metadata(path)
