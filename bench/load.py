"""The load, as a process of its own: its last line is the measure.

`python -m bench.load PORT KEY BATCHES CONNECTIONS`
"""

from __future__ import annotations

import base64
import json
import socket
import sys
import threading
import time
from itertools import count
from typing import Any

EVENTS = 100
"""Events of a batch."""
WARM = 30
"""Batches before those that are measured."""


def event(number: int) -> dict[str, Any]:
    """About 350 bytes, as the clients of the Segment specification send them."""
    return {
        "type": "track", "event": f"Feature {number % 40}", "userId": f"user-{number % 5000}",
        "messageId": f"message-{number}", "timestamp": "2026-11-21T14:30:00.000Z",
        "properties": {"product": "Press 3000", "unit_id": f"unit-{number % 3000}", "seconds": number % 600},
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}, "locale": "pt-BR",
                    "ip": "192.0.2.1", "page": {"path": "/documents/edit", "title": "Documents"}},
    }  # fmt: skip


def request(port: int, key: str, batch: int) -> bytes:
    calls = [event(batch * EVENTS + n) for n in range(EVENTS)]
    body = json.dumps({"batch": calls, "sentAt": "2026-11-21T14:30:00.000Z"}, separators=(",", ":")).encode()
    basic = base64.b64encode(f"{key}:".encode()).decode()
    head = (
        f"POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Basic {basic}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Load:
    """Connections that send what is left of the prepared requests, each waiting for its answer."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self.port, self.requests, self.next = port, requests, count()
        self.taken: list[float] = []
        self.refused: list[bytes] = []

    def run(self, connections: int) -> dict[str, Any]:
        threads = [threading.Thread(target=self._connection) for _ in range(connections)]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - started
        waits = sorted(self.taken)
        return {
            "acknowledged": len(waits) * EVENTS, "refused": len(self.refused), "seconds": seconds,
            "per_second": len(waits) * EVENTS / seconds, "p50_ms": 1000 * waits[len(waits) // 2],
            "p99_ms": 1000 * waits[int(len(waits) * 0.99)], "why": [one.decode() for one in self.refused[:1]],
        }  # fmt: skip

    def _connection(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (number := next(self.next)) < len(self.requests):
                before = time.perf_counter()
                line.sendall(self.requests[number])
                answer = _answer(line)
                if answer.startswith(b"HTTP/1.1 200"):
                    self.taken.append(time.perf_counter() - before)
                else:
                    self.refused.append(answer)


def _answer(line: socket.socket) -> bytes:
    """One answer of which the length is said."""
    data = line.recv(65536)
    while b"\r\n\r\n" not in data:
        data += line.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body


def main(port: str, key: str, batches: str, connections: str) -> None:
    first = int(time.time()) * 100_000  # no message of an earlier load is said again
    requests = [request(int(port), key, first + n) for n in range(WARM + int(batches))]
    Load(int(port), requests[:WARM]).run(int(connections))
    began = time.time()
    said = Load(int(port), requests[WARM:]).run(int(connections))
    print(json.dumps(said | {"bytes": len(requests[0]), "began": began}))


if __name__ == "__main__":
    main(*sys.argv[1:])
