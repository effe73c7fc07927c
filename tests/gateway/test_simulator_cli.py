"""The handset in the terminal, scripted through a pipe."""

import io
import subprocess
import sys
from pathlib import Path

from gateway.phone_cli import boxed, run
from tests.gateway.stub_gateway import PHONE, far_side, plain
from tests.peers import closed_port

ROOT = Path(__file__).resolve().parents[2]


def scripted(url: str, script: str) -> str:
    out = io.StringIO()
    run(url, PHONE, "*964#", source=io.StringIO(script), out=out)
    return out.getvalue()


def test_a_dialogue_is_dialled_answered_and_shown_with_its_units() -> None:
    with far_side() as (gateway, phone):
        gateway.hop = lambda fields: plain("END تم" if fields["text"] == "1*2" else "CON خدمات ميسان\n1 بناء")
        shown = scripted(phone.far_side.url, "dial\n1\n2\nquit\n")
        assert [call.fields["text"] for call in gateway.of("ussd")] == ["", "1", "1*2"]
        assert "│ خدمات ميسان │" in shown
        assert " 18/80 ┘" in shown
        assert "reply> " in shown
        assert shown.endswith("phone> ")


def test_texts_go_out_and_messages_are_shown_as_they_come() -> None:
    with far_side() as (gateway, phone):
        gateway.other = lambda route: plain("ok")
        phone.far_side.desk.take(PHONE, "طلبك 24839174", "MISSAN", False)
        shown = scripted(phone.far_side.url, "sms حالة\nwait 0.3\ninbox\n")
        assert gateway.of("sms")[0].fields["text"] == "حالة"
        assert shown.count("[SMS from MISSAN] طلبك 24839174") == 1
        assert " MISSAN: طلبك 24839174" in shown


def test_cancel_hangs_up_and_errors_say_why() -> None:
    with far_side() as (gateway, phone):
        shown = scripted(phone.far_side.url, "dial\ncancel\n*123#\nwhat\n")
        assert gateway.of("ussd/ended")[0].fields["status"] == "Incomplete"
        assert "Connection problem or invalid MMI" in shown
        assert "(no service at *123#; the service code is *964#)" in shown
        assert "dial the service code" in shown


def test_a_far_side_that_is_away_is_said() -> None:
    assert "(no network: " in scripted(closed_port(), "dial\n")


def test_it_works_when_stdin_is_a_pipe() -> None:
    with far_side() as (_, phone):
        call = f"from gateway.phone_cli import run; run({phone.far_side.url!r}, {PHONE!r}, '*964#')"
        done = subprocess.run(
            [sys.executable, "-c", call], input="*964#\n9\nquit\n", capture_output=True, text=True, cwd=ROOT, timeout=30
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "typed '9'" in done.stdout


def test_the_box_is_straight_whatever_the_lines() -> None:
    rows = boxed("خدماتٌ\n1 Water and a very long line that does not fit a phone", "60/182").split("\n")
    widths = {sum(char != "ٌ" for char in row) for row in rows}
    assert len(widths) == 1
