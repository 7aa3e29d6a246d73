# SPDX-License-Identifier: Apache-2.0
"""zarr-python with the codec pipeline of zarrs as a contestant.

Strict in both settings: what the pipeline does not do is an error, where by default it would be handed to
zarr-python's own pipeline without a word and be measured as that. Checksums are verified, as everybody does. Single
elements are read one by one, as an array of their places is not what the pipeline does.
"""

import importlib.metadata

import zarr

import peer_zarr


class Peer(peer_zarr.Peer):
    row_numbers = False  # they would be handed to zarr-python's pipeline

    def configure(self, workload, threads, best):
        if workload.get("store"):
            raise NotImplementedError(f"a {workload['store']} store is handed to zarr-python's pipeline")
        super().configure(workload, threads, best)
        zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline", "codec_pipeline.strict": True})
        if best:
            zarr.config.set({"codec_pipeline.chunk_concurrent_maximum": threads})

    def version(self):
        return super().version() + " with zarrs " + importlib.metadata.version("zarrs")

    def prepare_read(self, workload):
        if any(step != 1 for _, _, step in workload["box"]):
            raise NotImplementedError("reading with steps is handed to zarr-python's pipeline")
        return super().prepare_read(workload)

    def prepare_list(self, workload):
        raise NotImplementedError("listing takes no codec pipeline")
