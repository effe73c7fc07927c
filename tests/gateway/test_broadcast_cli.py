"""The broadcast commands as an operator types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.broadcast_cli import broadcast
from gateway.runtime import Runtime
from handlers import broadcasts as rules
from tests.gateway.audience import citizen, proposal
from tests.gateway.office import Office

Type = Callable[..., Result]


@pytest.fixture
def type_(runtime: Runtime) -> Type:
    """Types a command, and a key where one is asked for."""
    return lambda *words, key="": CliRunner().invoke(broadcast, words, obj=lambda: runtime, input=f"{key}\n")


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "cut.json"
    path.write_text(json.dumps(proposal()), encoding="utf-8")
    return str(path)


def test_a_broadcast_is_previewed_proposed_approved_and_followed(
    type_: Type, office: Office, runtime: Runtime, file: str
) -> None:
    author, director = office.hire("Ahmed", rules.AUTHOR).key, office.hire("Zahra", rules.APPROVER).key
    office.case(phone=citizen(runtime, 1))
    assert "ar: 1 phones x 1 = 1 parts, no price known yet" in type_("preview", file, key=author).output
    number = type_("propose", file, key=author).output.splitlines()[-1]
    assert type_("approve", number, key=author).exit_code == 1
    assert f"{number} is running" in type_("approve", number, key=director).output
    assert f"{number}\trunning\twater\tAhmed\tZahra\twater cut" in type_("list").output
    assert "waiting\t1 phones" in type_("show", number).output


def test_the_operator_stops_a_broadcast_without_a_key(type_: Type, office: Office, file: str) -> None:
    number = type_("propose", file, key=office.hire("Ahmed", rules.AUTHOR).key).output.splitlines()[-1]
    assert type_("pause", number).exit_code == 1
    assert f"{number} is cancelled" in type_("cancel", number).output
    assert "\tcancel\toperator" in type_("show", number).output
    assert "there is no broadcast 77" in type_("cancel", "77").output


def test_a_key_that_is_none_and_a_file_that_is_none_are_one_message(type_: Type, tmp_path: Path, file: str) -> None:
    assert "this is no officer's key" in type_("propose", file, key="nonsense").output
    broken = tmp_path / "broken.json"
    broken.write_text('{"title": "x"}')
    assert "audience: Field required" in type_("propose", str(broken), key="x").output
