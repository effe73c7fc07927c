"""A provider that takes everything at once: the far side of the sending benchmarks, as cheap as it can be.

`python -m bench.provider_peer [delay_ms]` prints its port; GET /seen answers, in JSON, how many requests and messages
came, how many (phone, text) came twice, and when the last request of each phone arrived (seconds since the epoch).
"""

import asyncio
import json
import re
import sys
import time
from hashlib import blake2b

LENGTH = re.compile(rb"[Cc]ontent-[Ll]ength: *(\d+)")
TO = re.compile(rb"(?:^|&)to=([^&]*)")
HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Seen:
    """What came so far."""

    def __init__(self) -> None:
        self.requests = self.messages = self.twice = 0
        self.known: set[bytes] = set()
        self.at: dict[str, float] = {}

    def take(self, body: bytes) -> bytes:
        """Accept one request."""
        found = TO.search(body)
        phones = found[1].decode().replace("%2B", "+").split("%2C") if found else []
        self.requests += 1
        text = blake2b(re.sub(TO, b"", body), digest_size=8).digest()
        moment, rows = time.time(), []
        for phone in phones:
            self.messages += 1
            key = text + phone.encode()
            self.twice += key in self.known
            self.known.add(key)
            self.at[phone] = moment
            rows.append(
                f'{{"statusCode":101,"number":"{phone}","status":"Success","cost":"KES 0.8000",'
                f'"messageId":"ATXid_{self.messages:032x}"}}'
            )
        listed = ",".join(rows)
        return f'{{"SMSMessageData":{{"Message":"Sent to {len(rows)}","Recipients":[{listed}]}}}}'.encode()


class Peer(asyncio.Protocol):
    """One connection."""

    def __init__(self, seen: Seen, delay_s: float) -> None:
        self.seen, self.delay_s, self.buffer = seen, delay_s, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, rest = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(rest) < size:
            return
        self.buffer = rest[size:]
        if head.startswith(b"GET /seen"):
            state = {name: getattr(self.seen, name) for name in ("requests", "messages", "twice", "at")}
            self._answer(json.dumps(state).encode())
            return
        answer = self.seen.take(rest[:size])
        if self.delay_s:
            asyncio.get_running_loop().call_later(self.delay_s, self._answer, answer)
        else:
            self._answer(answer)

    def _answer(self, body: bytes) -> None:
        self.transport.write(HEAD % len(body) + body)


async def serve(delay_s: float) -> None:
    """Listen on a free port, until the process is ended."""
    seen = Seen()
    server = await asyncio.get_running_loop().create_server(lambda: Peer(seen, delay_s), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0))
