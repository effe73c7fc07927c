"""The whole way through a real Kannel: Arabic out as UCS-2, reports back, a citizen's SMS in and its answer out."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.serving import make_server

from gateway.app import create_app
from gateway.providers.kannel import Kannel
from gateway.runtime import Runtime
from store import outbox, unsure
from store.db import Database
from store.outbox import NewMessage
from tests.fixtures import SECRET
from tests.gateway.carrying import drain
from tests.gateway.outbox_rows import states
from tests.kannel_boxes import PASSWORD, USER, Boxes, boxes, missing

ABSENT = missing()
pytestmark = [
    pytest.mark.skipif(ABSENT is not None and not os.environ.get("CI"), reason=ABSENT or ""),
    pytest.mark.xdist_group("kannel"),
]
AHMED = "+9647701234567"


class Door:
    """Our side as Kannel reaches it: a socket in front of the application, which may be told to fail."""

    def __init__(self) -> None:
        self.app: Flask | None = None
        self.calls = 0

    def __call__(self, environ: object, start: object) -> object:
        self.calls += 1
        app = self.app or Flask("away")
        return app(environ, start)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def door() -> Iterator[tuple[Door, str]]:
    """The socket, for the whole module: a Kannel takes seconds to start and knows one address."""
    assert ABSENT is None, ABSENT
    door = Door()
    with make_server("127.0.0.1", 0, door, threaded=True) as server:  # type: ignore[arg-type]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield door, f"http://127.0.0.1:{server.server_port}/kannel/{SECRET}"
        server.shutdown()
        thread.join(5)


@pytest.fixture(scope="module")
def kannel(door: tuple[Door, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxes]:
    """A real Kannel that calls the door."""
    with boxes(tmp_path_factory.mktemp("kannel"), door[1]) as running:
        yield running


@pytest.fixture
def ours(runtime: Runtime, door: tuple[Door, str]) -> Iterator[Runtime]:
    """The gateway behind the door."""
    door[0].app = create_app(runtime)
    yield runtime
    door[0].app = None


@pytest.fixture
def provider(kannel: Boxes, door: tuple[Door, str]) -> Iterator[Kannel]:
    """The adapter, talking to that Kannel."""
    provider = Kannel(kannel.url, USER, PASSWORD, "MISSAN", f"{door[1]}/delivery")
    yield provider
    provider.close()


def queue(runtime: Runtime, text: str) -> int:
    with runtime.db.transaction() as tx:
        number = outbox.insert(tx, NewMessage(AHMED, "ar", "ack", text, 1, 1), runtime.now())
    assert number is not None
    return number


def comes_true(done: Callable[[], bool], seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def state(db: Database, number: int) -> str:
    with db.transaction() as tx:
        message = unsure.find(tx, number)
    assert message is not None
    return message.state


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("طلبك 24839174 قيد المراجعة. للمتابعة: *964#", 1),
        ("Your case 24839174: fee [5,000] {IQD} & 100% @ the office", 1),
        ("ا" * 150, 3),
    ],
)
def test_a_text_arrives_as_it_was_written_and_its_report_comes_back(
    ours: Runtime, kannel: Boxes, provider: Kannel, text: str, parts: int
) -> None:
    number = queue(ours, text)
    with kannel.operator() as operator:
        drain(ours.db, provider, ours.now)
        arrived = operator.received(parts)
        assert comes_true(lambda: state(ours.db, number) == "delivered")
    assert {to for to, _ in arrived} == {AHMED}
    assert "".join(part for _, part in arrived) == text


def test_an_sms_from_a_citizen_is_answered(ours: Runtime, kannel: Boxes, provider: Kannel) -> None:
    """`مساعدة`, as the operator sends it: UCS-2."""
    word = "".join(f"%{byte:02x}" for byte in "مساعدة".encode("utf-16-be"))
    with kannel.operator(f"{AHMED} 5599 ucs2 {word}") as operator:
        assert comes_true(lambda: waiting(ours) == 1)
        drain(ours.db, provider, ours.now)
        (to, answer), *_ = operator.received(1)
    assert to == AHMED
    assert answer.startswith("أرسل رقم الطلب")


def waiting(runtime: Runtime) -> int:
    return states(runtime.db).count("queued")


def test_an_sms_that_could_not_be_stored_is_brought_again(
    runtime: Runtime, kannel: Boxes, door: tuple[Door, str]
) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/nothing")
    door[0].calls = 0
    door[0].app = create_app(replace(runtime, db=away))
    with kannel.operator(f"{AHMED} 5599 text HELP"):
        assert comes_true(lambda: door[0].calls == 1)
        door[0].app = create_app(runtime)
        assert comes_true(lambda: waiting(runtime) == 1)
    away.close()
    door[0].app = None
