"""The handsets' control API: what it refuses, what it remembers."""

from collections.abc import Iterator

import pytest

from gateway.simulator.server import Simulator
from tests.gateway.stub_gateway import PHONE, Phone, StubGateway, far_side, stub_gateway

Line = tuple[StubGateway, Phone]


@pytest.fixture
def line() -> Iterator[Line]:
    with far_side() as pair:
        yield pair


def test_the_transcript_holds_the_whole_dialogue(line: Line) -> None:
    _, phone = line
    phone.dial()
    phone.reply("1")
    phone.reply("9")
    kept = phone.dialogue()
    assert (kept["phone"], kept["code"], kept["status"], kept["input"]) == (PHONE, "*964#", "Success", "1*9")
    lines = kept["dialogue"]
    assert isinstance(lines, list)
    assert [(row["entered"], row["wire_text"], row["kind"], row["body"]) for row in lines] == [
        (None, "", "CON", "CON typed ''"),
        ("1", "1", "CON", "CON typed '1'"),
        ("9", "1*9", "END", "END typed '1*9'"),
    ]


def test_another_services_code_reaches_nobody(line: Line) -> None:
    gateway, phone = line
    for code in ("*123#", "*9641#", "*964*1"):
        assert phone.dial(code)["kind"] == "ERROR"
    assert gateway.calls == []


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("dial", {"phone": "0770", "code": "*964#"}, "phone"),
        ("dial", {"phone": PHONE, "code": "hello"}, "code"),
        ("dial", {"phone": PHONE, "code": "*964#", "extra": "1"}, "extra"),
        ("reply", {"session": "x"}, "input"),
    ],
)
def test_a_wrong_control_request_is_refused_by_name(line: Line, path: str, body: dict[str, str], named: str) -> None:
    assert named in str(line[1].post(path, **body)["error"])


def test_an_unknown_session_is_said_to_be_unknown(line: Line) -> None:
    assert line[1].post("reply", session="ATUid_0", input="1") == {"error": "no such session"}


def test_old_sessions_are_forgotten_beyond_the_bound() -> None:
    with stub_gateway() as stub, Simulator(stub.url, "a-long-secret") as simulator:
        simulator.network.sessions._keep = 2
        phone = Phone(simulator)
        phone.dial()
        first = phone.session
        phone.dial()
        phone.dial()
        assert phone.get(f"sessions/{first}") == {"error": "no such session"}
