"""A gateway reduced to its callbacks: it keeps what the far side posted, byte for byte, and answers as it is told."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gateway.simulator.server import Simulator
from gateway.simulator.switches import Switches

SECRET = "a-long-secret"
PHONE = "+9647701234567"
Fields = dict[str, str]


@dataclass(frozen=True)
class Call:
    """One callback as it came."""

    route: str
    body: bytes
    headers: dict[str, str]

    @property
    def fields(self) -> Fields:
        return dict(parse_qsl(self.body.decode("ascii"), keep_blank_values=True, strict_parsing=True))

    @property
    def names(self) -> list[str]:
        return [part.split(b"=")[0].decode() for part in self.body.split(b"&")]


def plain(body: str | bytes, status: int = 200, content_type: str = "text/plain; charset=utf-8") -> Response:
    return Response(body, status, content_type=content_type)


def echo(fields: Fields) -> Response:
    """A menu that says what was typed, and ends on 9."""
    return plain(f"{'END' if fields['text'].endswith('9') else 'CON'} typed {fields['text']!r}")


@dataclass
class StubGateway:
    """What was posted, in order of arrival, and how each route answers."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    hop: Callable[[Fields], Response] = echo
    other: Callable[[str], Response] = lambda route: plain("ok")

    def answer(self, request: Request) -> Response:
        call = Call(request.path.removeprefix(f"/at/{SECRET}/"), request.get_data(), dict(request.headers))
        self.calls.append(call)
        return self.hop(call.fields) if call.route == "ussd" else self.other(call.route)

    def of(self, route: str, count: int = 1, seconds: float = 5) -> list[Call]:
        """The calls of that route, once there are at least `count` of them."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = [call for call in self.calls if call.route == route]
            if len(found) >= count:
                return found
            time.sleep(0.01)
        raise AssertionError(f"{count} x {route} wanted, got {[call.route for call in self.calls]}")


class _Brisk(HTTPServer):
    """Stops within 20 ms, where the library's own loop looks up twice a second."""

    def thread_target(self) -> None:
        assert self.server is not None
        self.server.serve_forever(poll_interval=0.02)


@contextmanager
def stub_gateway() -> Iterator[StubGateway]:
    """A gateway on a free port."""
    server = _Brisk(host="127.0.0.1", port=0, threaded=True)
    stub = StubGateway()
    server.expect_request(re.compile(".*")).respond_with_handler(stub.answer)
    server.start()
    stub.url = f"http://127.0.0.1:{server.port}"
    try:
        yield stub
    finally:
        server.stop()


@dataclass
class Phone:
    """A person with a handset at the far side's control API."""

    far_side: Simulator
    session: str = ""

    def dial(self, code: str = "*964#", **more: str) -> dict[str, object]:
        screen = self.post("dial", phone=PHONE, code=code, **more)
        self.session = str(screen["session"])
        return screen

    def reply(self, text: str) -> dict[str, object]:
        return self.post("reply", session=self.session, input=text)

    def hang_up(self, **more: str) -> dict[str, object]:
        return self.post("hangup", session=self.session, **more)

    def text(self, text: str) -> dict[str, object]:
        return self.post("text", phone=PHONE, to="5599", text=text)

    def inbox(self) -> list[dict[str, object]]:
        return self._messages("inbox")

    def sent(self) -> list[dict[str, object]]:
        return self._messages("sent")

    def dialogue(self) -> dict[str, object]:
        return self.get(f"sessions/{self.session}")

    def post(self, path: str, **body: str) -> dict[str, object]:
        return _json(requests.post(f"{self.far_side.url}/handset/{path}", json=body, timeout=30))

    def get(self, path: str, **query: str) -> dict[str, object]:
        return _json(requests.get(f"{self.far_side.url}/handset/{path}", params=query, timeout=30))

    def _messages(self, path: str) -> list[dict[str, object]]:
        messages: list[dict[str, object]] = requests.get(
            f"{self.far_side.url}/handset/{path}", params={"phone": PHONE}, timeout=30
        ).json()["messages"]
        return messages


def _json(reply: requests.Response) -> dict[str, object]:
    answer: dict[str, object] = reply.json()
    return answer


@contextmanager
def far_side(**switches: object) -> Iterator[tuple[StubGateway, Phone]]:
    """A stub gateway, a far side that calls it, and a handset."""
    with (
        stub_gateway() as stub,
        Simulator(stub.url, SECRET, switches=Switches.model_validate(switches)) as simulator,
    ):
        yield stub, Phone(simulator)


def send(phone: Phone, to: str = PHONE, key: str = "simulator", **form: str) -> requests.Response:
    """A send as our adapter makes it."""
    fields = {"username": "sandbox", "to": to, "message": "hello", "from": "MISSAN", "bulkSMSMode": "1"} | form
    headers = {"apiKey": key, "Accept": "application/json"}
    return requests.post(f"{phone.far_side.url}/version1/messaging", fields, headers=headers, timeout=10)
