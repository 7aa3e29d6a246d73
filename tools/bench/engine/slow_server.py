# SPDX-License-Identifier: Apache-2.0
"""A web server as slow as a far one: files of a folder, whole or in ranges, each answer after a while.

A process of its own, which prints the port it listens on, and for every line it reads how many requests it was sent
since the last one. How many are worked on at once is left to the client.
"""

import asyncio
import pathlib
import subprocess
import sys


class Server:
    """The process, seen from the one that needs it; it ends with that one."""

    def __init__(self, folder, latency):
        command = [sys.executable, __file__, folder, str(latency)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}/"

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def requests(self):
        self.process.stdin.write("\n")
        return int(self.process.stdout.readline())


def part_of(value, wanted):
    """Status, bytes and headers of an answer to a Range header, or to none."""
    if not wanted:
        return "200 OK", value, []
    first, last = wanted.removeprefix("bytes=").split("-")
    start = int(first) if first else max(0, len(value) - int(last))
    end = min(len(value), int(last) + 1) if first and last else len(value)
    if start >= end:
        return "416 Range Not Satisfiable", b"", [f"Content-Range: bytes */{len(value)}"]
    return "206 Partial Content", value[start:end], [f"Content-Range: bytes {start}-{end - 1}/{len(value)}"]


class Connection(asyncio.Protocol):
    """Requests come one after the other, each after the answer to the one before."""

    count = 0

    def __init__(self, root, latency):
        self.root, self.latency, self.rest = root, latency, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.rest += data
        while b"\r\n\r\n" in self.rest:
            head, self.rest = self.rest.split(b"\r\n\r\n", 1)
            Connection.count += 1
            asyncio.get_running_loop().call_later(self.latency, self.answer, head.decode())

    def answer(self, head):
        request, *lines = head.split("\r\n")
        method, path, _ = request.split(" ")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        file = self.root / path.lstrip("/")
        if not file.is_file():
            status, value, more = "404 Not Found", b"", []
        else:
            status, value, more = part_of(file.read_bytes(), headers.get("range"))
            more += [f'ETag: "{file.stat().st_mtime_ns}"', "Accept-Ranges: bytes"]
        head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(value)}", *more, "", ""])
        self.transport.write(head.encode() + (value if method != "HEAD" else b""))


def tell_count(loop):
    if not sys.stdin.readline():
        return loop.stop()
    print(Connection.count, flush=True)
    Connection.count = 0


async def listen(folder, latency):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(folder, latency), "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop.add_reader(sys.stdin, tell_count, loop)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(listen(pathlib.Path(sys.argv[1]), float(sys.argv[2])))
    except RuntimeError:
        pass  # the loop was stopped
