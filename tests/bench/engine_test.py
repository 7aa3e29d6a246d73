# SPDX-License-Identifier: Apache-2.0
"""engine_test.py <folder of the contestants> <tools/bench/engine>: the limit and Zeolite as contestants.

Zeolite writes small arrays, which both then read in every way the benchmark knows. Standard library only."""

import json
import pathlib
import random
import struct
import sys
import tempfile
import types
import unittest
import urllib.request
import zlib

sys.dont_write_bytecode = True
BIN, HERE = map(pathlib.Path, sys.argv[1:3])
sys.path.insert(0, str(HERE))
import contestants
import goals
import layouts
import measures
import rounds
import rows
import slow_server

OWN = contestants.chosen(contestants.OWN, ["best"], BIN)
SLOW = {"store": "slow", "latency": 0.002, "at_once": 4}


class Contestants(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="zeolite-bench-test-")
        cls.folder = pathlib.Path(cls.temporary.name)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def ask(self, contestant, workload, runs=2):
        """The answers to all runs."""
        process = contestants.Process(contestant, 2, self.folder)
        try:
            process.ask({"do": "open", "workload": workload, "threads": 2, "settings": "best"}, 60)
            return [process.ask({"do": "run"}, 60) for _ in range(runs)]
        finally:
            process.end()

    def test_running_what_is_not_open_is_an_error(self):
        for contestant in OWN:
            process = contestants.Process(contestant, 2, self.folder)
            try:
                with self.assertRaisesRegex(contestants.Failed, "nothing is open"):
                    process.ask({"do": "run"}, 60)
            finally:
                process.end()

    def both(self, workload):
        """Answers by name, which agree in what they have read, and are the same in every run."""
        answers = {contestant.name: self.ask(contestant, workload) for contestant in OWN}
        self.assertEqual(len({answer["crc"] for runs in answers.values() for answer in runs}), 1)
        return answers

    def array(self, name, shape, chunk, inner=None, codecs=(), data_type="uint16"):
        data_codecs = [layouts.bytes_codec(data_type), *codecs]
        if inner:
            data_codecs = [layouts.sharding(inner, data_codecs)]
        document = layouts.document(shape, data_type, layouts.regular(chunk), data_codecs)
        metadata, source = self.folder / f"{name}.json", self.folder / f"{name}.source"
        metadata.write_text(json.dumps(document))
        items = 2 if data_type == "uint16" else 1
        for n in shape:
            items *= n
        source.write_bytes(random.Random(1).randbytes(items))
        target = self.folder / name
        target.mkdir()
        workload = {"kind": "write", "metadata": str(metadata), "source": str(source), "target": str(target)}
        self.ask(OWN[1], workload, 1)
        return {"path": str(target), "box": [[0, n, 1] for n in shape]}

    def test_every_chunk_is_one_request(self):
        array = self.array("chunks", (40, 30, 16), (8, 10, 8))
        for answers in self.both(array | SLOW | {"kind": "read", "fresh": True}).values():
            self.assertEqual([answer["requests"] for answer in answers], [30, 30])

    def test_every_inner_chunk_is_two_requests(self):
        """In each run: what one has learned of the shards, the next does not know."""
        array = self.array("shards", (32, 32, 32), (8, 8, 8), (4, 4, 4), [layouts.ZSTD])
        origins = [(x + 4, y, z + 4) for x in range(0, 32, 8) for y in range(0, 32, 8) for z in range(0, 32, 8)]
        file = self.folder / "origins"
        file.write_bytes(b"".join(struct.pack("<3Q", *origin) for origin in origins))
        many = {"kind": "read_many", "origins": str(file), "n": len(origins), "shape": [4, 4, 4]}
        answers = self.both(array | SLOW | many)
        for runs in answers.values():
            self.assertEqual([answer["requests"] for answer in runs], [128, 128])
        for answer in answers["limit"]:
            self.assertGreaterEqual(answer["formula"], 128 / 4 * 0.002)
        for answer in answers["zeolite"]:
            self.assertEqual(answer["counters"]["requests"], 128)

    def test_memory_store(self):
        array = self.array("line", (64 * 500,), (64,), data_type="uint8")
        from_files = self.both(array | {"kind": "read", "fresh": True})
        from_memory = self.both(array | {"kind": "read", "fresh": True, "store": "memory"})
        self.assertEqual(from_files["limit"][0]["crc"], from_memory["zeolite"][0]["crc"])

    def test_lookups(self):
        """In any order, some more than once, some of chunks that are not there; edges alone and in runs."""
        edges = [3, 5, 1, *[4] * 300, 7, *[2] * 100]
        grid = {"kind": "inline", "chunk_shapes": [[3, 5, 1, [4, 300], 7, [2, 100]]]}
        codecs = [layouts.bytes_codec("uint16")]
        document = layouts.document([sum(edges)], "uint16", {"name": "rectilinear", "configuration": grid}, codecs)
        array = self.folder / "edges"
        (array / "c").mkdir(parents=True)
        (array / "zarr.json").write_text(json.dumps(document))
        random_ = random.Random(2)
        chunks = [random_.randbytes(2 * n) if i % 3 else b"" for i, n in enumerate(edges)]
        for i, chunk in enumerate(chunks):
            if chunk:
                (array / "c" / str(i)).write_bytes(chunk)
        elements = b"".join(chunk or bytes(2 * n) for chunk, n in zip(chunks, edges))
        places = [random_.randrange(sum(edges)) for _ in range(2000)]
        file = self.folder / "places"
        file.write_bytes(struct.pack("<2000Q", *places))
        wanted = zlib.crc32(b"".join(elements[2 * place : 2 * place + 2] for place in places))
        for runs in self.both({"kind": "lookups", "path": str(array), "origins": str(file), "n": 2000}).values():
            self.assertEqual([answer["crc"] for answer in runs], [wanted, wanted])

    def test_slabs_within_a_budget(self):
        array = self.array("slabs", (64, 256, 256), (8, 128, 128), codecs=[layouts.ZSTD])
        answers = self.both(array | {"kind": "read_slabs", "fresh": True, "slab": 8, "budget": 1 << 20})
        for runs in answers.values():
            # The output is allocated in the run: at least that is seen.
            self.assertGreaterEqual(runs[0]["above_bytes"], 8 * 256 * 256 * 2)


class SlowServer(unittest.TestCase):
    def test_ranges_and_counts(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "value").write_bytes(b"0123456789")
            server = slow_server.Server(folder, 0.001)
            parts = {"": b"0123456789", "bytes=2-4": b"234", "bytes=-3": b"789", "bytes=8-": b"89"}
            for wanted, part in parts.items():
                request = urllib.request.Request(server.url + "value", headers={"Range": wanted} if wanted else {})
                with urllib.request.urlopen(request) as answer:
                    self.assertEqual(answer.read(), part)
            self.assertEqual(server.requests(), 4)
            self.assertEqual(server.requests(), 0)
            server.close()


class Goals(unittest.TestCase):
    def outcome(self, name, items=1, wrong=(), **results):
        kinds = {row.name: row for row in rows.ROWS}
        results = {label: types.SimpleNamespace(**{"bound": values.get("median"), "median": None} | values)
                   for label, values in results.items()}
        return types.SimpleNamespace(row=kinds[name], items=items, room=1000, wrong=wrong, results=results)

    def test_rows_exist(self):
        known = {row.name for row in rows.ROWS}
        for goal in goals.GOALS:
            self.assertLessEqual(set(goal.rows), known, goal.workload)
        self.assertEqual([goal.number for goal in goals.GOALS], list(range(1, 19)))

    def judge(self, number, *outcomes):
        return measures.judge(goals.GOALS[number - 1], outcomes)

    def test_the_worst_row_decides(self):
        good = self.outcome("read_raw", limit={"median": 1}, zeolite={"median": 1.1}, zarrs={"median": 2})
        bad = self.outcome("read_raw_reused", limit={"median": 1}, zeolite={"median": 1.3}, zarrs={"median": 9})
        self.assertEqual(self.judge(1, good).words, "met")
        self.assertEqual(self.judge(1, good, bad).figures[0], ("limit", 1.3, 1.2))
        self.assertNotEqual(self.judge(1, good, bad).words, "met")
        self.assertIsNone(self.judge(2, good, bad))

    def test_what_was_not_measured_is_not_met(self):
        alone = self.outcome("list_10000", limit={"median": 1}, zeolite={"median": 1})
        self.assertEqual(self.judge(13, alone).words, "met, but not measured: peer")
        beside = self.outcome("list_10000", limit={"median": 1}, zeolite={"median": 1}, zarrs={"median": 9},
                              tensorstore={"median": 4})
        self.assertEqual((self.judge(13, beside).words, self.judge(13, beside).peer), ("met", "tensorstore"))

    def test_a_peer_that_was_ended_is_a_bound(self):
        row = self.outcome("list_10000", limit={"median": 1}, zeolite={"median": 1}, zarrs={"bound": 4})
        judged = self.judge(13, row)
        self.assertEqual((judged.words, judged.peer, judged.peer_is_bound), ("met", "zarrs", True))
        self.assertEqual(dict((name, found) for name, found, _ in judged.figures)["peer"], 0.25)
        row.results["tensorstore"] = types.SimpleNamespace(median=3, bound=3)
        self.assertEqual((self.judge(13, row).peer, self.judge(13, row).peer_is_bound), ("tensorstore", False))
        self.assertEqual(rounds.Result(at_least=20.0).bound, 20.0)
        self.assertEqual(rounds.Result(seconds=[3.0], at_least=20.0).bound, 3.0)

    def test_other_figures(self):
        small = self.outcome("tiny_1e3", 1000, zeolite={"median": 1})
        large = self.outcome("tiny_1e4", 10000, zeolite={"median": 12})
        self.assertAlmostEqual(self.judge(11, small, large).figures[0][1], 1.2)
        larger = self.outcome("tiny_1e5", 100000, zeolite={"median": 90})  # what falls does not grow
        self.assertAlmostEqual(self.judge(11, larger, small, large).figures[0][1], 1.2)
        self.assertAlmostEqual(self.judge(11, larger, large).figures[0][1], 0.75)
        budget = self.outcome("memory_budget", zeolite={"above_bytes": 1040})
        self.assertEqual(self.judge(17, budget).words, "met")
        one = self.outcome("one_core_read_raw", limit={"median": 2}, zeolite={"median": 2})
        two = self.outcome("read_raw", limit={"median": 1}, zeolite={"median": 1.25})
        self.assertEqual(self.judge(18, one, two).figures, [("gain", 0.8, 0.85)])

    def test_only_peers_are_hurried(self):
        limits = rounds.Limits(rounds=5, patience=2, timeout=30)
        self.assertEqual(limits.patience_of("zarrs"), 2)
        self.assertGreater(limits.patience_of("tensorstore"), 30)
        self.assertGreater(limits.patience_of("limit"), 1e9)
        self.assertEqual(limits.timeout_of("zarrs", "run"), 30)
        self.assertGreater(limits.timeout_of("zarrs", "open"), 30)
        self.assertGreater(limits.timeout_of("zeolite", "run"), 30)

    def test_any_run_with_other_requests_is_wrong(self):
        results = {"limit": rounds.Result(requests=[20, 20]), "zeolite": rounds.Result(requests=[20, 21])}
        self.assertEqual(rounds.wrong_requests(results, 20), ["zeolite: [20, 21] requests, it takes 20"])
        results["zeolite"].requests = []
        self.assertEqual(len(rounds.wrong_requests(results, 20)), 1)
        self.assertEqual(rounds.wrong_requests(results, None), [])

    def test_wrong_requests_are_not_met(self):
        row = self.outcome("slow_chunks_20ms", limit={"median": 1, "formula": 1}, zeolite={"median": 1},
                           wrong=["zeolite: 301 requests, it takes 300"])
        self.assertNotEqual(self.judge(14, row).words, "met")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
