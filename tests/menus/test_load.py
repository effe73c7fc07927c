"""Content is read whole, or refused with file, line and reason."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.settings import ROOT
from menus.load import load_content
from menus.yaml_source import ContentError

Spoil = Callable[[str, str, str], str]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of config/ to spoil."""
    return Path(shutil.copytree(ROOT / "config", tmp_path / "config"))


@pytest.fixture
def refusal(config: Path) -> Spoil:
    """Replace the first `old` of a file by `new`, and give the refusal back."""

    def spoil(file: str, old: str, new: str) -> str:
        path = config / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")
        with pytest.raises(ContentError) as refused:
            load_content(config)
        return str(refused.value)

    return spoil


WATER = "services/water.yaml"


def test_a_move_stands_in_for_one_that_exists(refusal: Spoil) -> None:
    assert "time_out, which is no move of the system's" in refusal("workflow.yaml", "of: timeout", "of: time_out")


def line_of(file: str, text: str) -> int:
    """The number of the first line of a content file that has `text`."""
    lines = (ROOT / "config" / file).read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        (WATER, "type: choice", "type: selection", "Input should be 'choice'"),
        (WATER, 'key: "1"', "key: 1", "valid string"),
        (WATER, 'key: "1"', 'key: "8"', "match pattern"),
        (WATER, 'key: "2"', 'key: "1"', "share a key"),
        (WATER, ", en: New connection", "", "no text for language en"),
        (WATER, '"Use?"', '"Use {Bad}?"', "placeholder"),
        (WATER, "en: New connection", "en: New connection, ku: Nu", "unknown language ku"),
        (WATER, "low: 1", "lowest: 1", "Extra inputs are not permitted"),
        (WATER, "default: water", "default: watr", "no directorate watr"),
        (WATER, "request: [name, meter, close]", "wanted: [name]", "wanted, which is no question"),
        (WATER, "to: DOCS_REQUIRED", "to: DOCS", "no state DOCS"),
        (WATER, "by: [CREW]", "by: [CREWS]", "no such role CREWS"),
        (WATER, "start: SUBMITTED", "start: BEGUN", "no state BEGUN"),
        (WATER, "    SUBMITTED: {sla: 2}", "    HANDED_IN: {sla: 2}", "no such state"),
        (WATER, "text: paid", "text: cashed", "no SMS text cashed"),
        (WATER, "text: appt", "text: silo_slot", "deliver_on, which no move gives"),
        (WATER, "id: water", "id: waters", "the name of its file"),
        ("menus.yaml", "service: water", "service: watr", "no service watr"),
        ("menus.yaml", "service: water", "services: water", "Extra inputs"),
        ("texts.yaml", "  retry:", "  retries:", "the text retry is missing"),
        (
            WATER,
            "when: {request: [new, meter]}\n      params",
            "when: {request: [newer]}\n      params",
            "no answer here",
        ),
        (WATER, "papers: {", "documents_short: {", "Extra inputs"),
        (WATER, 'papers: {ar: البطاقة والسكن والسند, en: "ID, residence card, deed, last bill"}', "", "in few words"),
        (WATER, "low: 250", "low: 900000000", "low is above high"),
        (WATER, "type: hour", "type: hour, working: true", "only a day is a working day"),
        (WATER, "type: code", "type: code, high: 3", "only a number has bounds"),
        ("services/produce.yaml", "came_from: [PAYOUT]", "came_from: [SUBMITTED]", "from which no case comes"),
        ("services/produce.yaml", "came_from: [PAYOUT]", "came_from: [REJECTED]", "for a case that came from PAYOUT"),
        ("texts.yaml", "need_inputs_offered_seed", "need_inputs_ofered_seed", "is of no state"),
        ("profile.yaml", "end: declined", "end: refused", "no text refused"),
        ("menus.yaml", '"21": {service: water}', '"11": {service: water}', 'found duplicate key "11"'),
        ("menus.yaml", '"21": {service: water}', '"98": {service: water}', "98: a shortcut has two to four digits"),
        ("menus.yaml", '"21": {service: water}', '"2": {service: water}', "2: a shortcut has two to four digits"),
        ("menus.yaml", '"21": {service: water}', '"021": {service: water}', "021: a shortcut has two to four digits"),
        ("menus.yaml", '"21": {service: water}', '"21": {service: watr}', "21: there is no service watr"),
        ("menus.yaml", '"21": {service: water}', '"21": {cases: watr}', "21: there is no service watr"),
        ("menus.yaml", '"21": {service: water}', '"21": {menu: farms}', "21: there is no menu farms"),
        ("menus.yaml", '"21": {service: water}', '"21": {}', "21: a shortcut has one of service, menu, cases"),
        (
            "menus.yaml",
            '"21": {service: water}',
            '"21": {service: water, cases: all}',
            "21: a shortcut has one of service, menu, cases",
        ),
        ("operators.yaml", "networks: []", 'networks: ["41820"]', "41820 is listed under standard already"),
        ("operators.yaml", '- "41830"', '- "41820"', "41820 is listed under standard already"),
    ],
)
def test_a_wrong_file_is_refused_with_file_line_and_reason(
    refusal: Spoil, file: str, old: str, new: str, reason: str
) -> None:
    message = refusal(file, old, new)
    fault = next(line for line in message.splitlines() if reason in line)
    name, number = fault.split(":")[:2]
    assert name == f"config/{file}"
    assert int(number) > 0


def test_the_line_is_that_of_the_fault(refusal: Spoil) -> None:
    number = line_of(WATER, "low: 1")
    assert refusal(WATER, "low: 1", "low: one").startswith(f"config/{WATER}:{number}: questions.3.low: ")


def test_every_fault_of_the_questions_is_told_at_once(refusal: Spoil, config: Path) -> None:
    path = config / WATER
    path.write_text(path.read_text("utf-8").replace("high: 6", "high: six"), "utf-8")
    assert len(refusal(WATER, "type: choice", "type: selection").splitlines()) == 2


def test_yaml_that_cannot_be_read_names_its_line(refusal: Spoil) -> None:
    assert refusal("menus.yaml", "menus:", "menus: [").startswith("config/menus.yaml:")


def test_a_missing_file_is_named(config: Path) -> None:
    (config / "places.yaml").unlink()
    with pytest.raises(ContentError, match=r"config/places\.yaml:1: the file is missing"):
        load_content(config)


def test_no_is_text_and_not_false(config: Path) -> None:
    path = config / "texts.yaml"
    path.write_text(path.read_text("utf-8").replace('en: "No"', "en: No"), "utf-8")
    assert load_content(config).ussd["no"]["en"] == "No"


def test_a_sixth_service_is_one_file_and_one_line(config: Path) -> None:
    service = (config / WATER).read_text("utf-8").replace("id: water", "id: power", 1)
    (config / "services" / "power.yaml").write_text(service, "utf-8")
    menus = config / "menus.yaml"
    line = next(each for each in menus.read_text("utf-8").splitlines() if "cases: inputs" in each)
    fourth = line.replace("cases: inputs", "service: power").replace('"3"', '"4"')
    menus.write_text(menus.read_text("utf-8").replace(line, f"{line}\n{fourth}"), "utf-8")
    content = load_content(config)
    assert "power" in content.services
    assert content.digest != load_content(ROOT / "config").digest


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("watre.plot: water.account", "there is no service watre, and none that it became"),
        ("water.parcel: water.plott", "water asks no plott"),
        ("water.plot: water.account", "water still asks plot"),
        ("water.parcel: permit.plot", "a field stays with its service, water"),
        ("supply: watr", "there is no service watr"),
        ("water: permit", "this service is still there"),
        ("menu farms: menu frming", "there is no menu frming"),
        ("menu farming: menu settings", "this menu is still there"),
        ("menu farms: water", "`menu NAME: menu NAME` is expected"),
        ("supply: water.plot", "`SERVICE: SERVICE` is expected"),
        ("water.parcel: plot", "`SERVICE.FIELD: SERVICE.FIELD` is expected"),
        ("Water supply: water", "is none of"),
    ],
)
def test_what_moved_to_nowhere_is_refused_with_its_line(refusal: Spoil, entry: str, reason: str) -> None:
    message = refusal("menus.yaml", "shortcuts:\n", f"moved:\n  {entry}\nshortcuts:\n")
    line = (ROOT / "config" / "menus.yaml").read_text("utf-8").splitlines().index("shortcuts:") + 2
    assert message.startswith(f"config/menus.yaml:{line}: moved.{entry.split(': ')[0]}: ")
    assert reason in message


def test_what_moved_to_something_is_taken(config: Path) -> None:
    menus = config / "menus.yaml"
    entries = {
        "water.parcel": "water.plot",
        "water.id_card": "water.card",
        "supply": "water",
        "supply.lot": "water.plot",
        "menu farms": "menu farming",
    }
    lines = "".join(f"  {before}: {now}\n" for before, now in entries.items())
    menus.write_text(menus.read_text("utf-8").replace("shortcuts:\n", f"moved:\n{lines}shortcuts:\n"), "utf-8")
    assert load_content(config).moved == entries
