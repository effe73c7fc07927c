"""`python -m gateway import`: old cases come in by the thousand, and nobody is texted."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.clockwork import keep_time
from gateway.import_cli import take_over
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from tests.fixtures import PostOffice
from tests.gateway.cases import Cases
from tests.handset import Handset

PHONE = "+9647701112233"


def run(runtime: Runtime, *arguments: object) -> Result:
    return CliRunner().invoke(take_over, [str(each) for each in arguments], obj=lambda: runtime)


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_thousands_of_old_cases_come_in_silently_and_once(
    runtime: Runtime, cases: Cases, post: PostOffice, tmp_path: Path
) -> None:
    rows = [{"service": "water", "phone": PHONE, "state": "UNDER_REVIEW", "created_at": "2024-03-01"}] * 2500
    file = lines(tmp_path / "register.jsonl", rows)
    done = run(runtime, file)
    assert done.exit_code == 0, done.output
    assert "2500 applications taken over, 0 were here already; nobody was texted" in done.output
    assert post.relay() == 0
    assert not any(post.texts_to(PHONE))
    assert "0 applications taken over, 2500 were here already" in run(runtime, file).output
    found = cases.connection.execute(
        "SELECT count(*), min(action), min(actor_kind), count(relayed_at) FROM gateway.event"
    ).fetchone()
    assert found == (2500, "take_over", "system", 2500)
    wound = cases.connection.execute("SELECT count(*) FROM gateway.clock WHERE next_at > now()").fetchone()
    assert wound == (2500,)  # its years elsewhere make no case late here
    keep_time(runtime, Setbacks())
    assert not any(post.texts_to(PHONE))


def test_what_is_taken_over_is_followed_by_phone_and_texts_from_the_next_change_on(
    runtime: Runtime, cases: Cases, post: PostOffice, handset: Handset, tmp_path: Path
) -> None:
    path, begun = tmp_path / "old.csv", (datetime.now(UTC) - timedelta(days=20)).date().isoformat()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["service", "phone", "state", "place", "answers", "submission", "created_at"])
        answers = json.dumps({"purpose": "new", "plot": "12"})
        writer.writerow(["permit", handset.phone, "DOCS_REQUIRED", "10", answers, "city:77", f"{begun}T09:00"])
    assert run(runtime, path).exit_code == 0
    [(reference, answers, day)] = cases.connection.execute(
        "SELECT reference, answers, created_at::date::text FROM application WHERE submission = 'city:77'"
    ).fetchall()
    assert (answers, day) == ({"purpose": "new", "plot": "12"}, begun)
    handset.dial().press("6").sees(reference)
    cases.set_state(reference, "UNDER_REVIEW")
    post.relay()
    assert reference in post.texts_to(handset.phone)[-1]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"service": "watr"}, "line 2: service must be one of"),
        ({"phone": "12"}, "line 2: phone is not a phone number"),
        ({"state": "DONE"}, "line 2: state must be one of: UNCONFIRMED, SUBMITTED"),
        ({"place": "Basra"}, "line 2: place must be the code"),
        ({"answers": "x"}, "line 2: answers must be a JSON object"),
        ({"created_at": "yesterday"}, "line 2: created_at must be"),
        ({"directorate": "moon"}, "line 2: there is no such directorate"),
        ({"language": "ku"}, "line 2: language must be ar or en"),
        ({"phon": "1"}, "line 2: there is no column phon"),
    ],
)
def test_a_file_with_one_fault_imports_nothing_and_names_the_line(
    runtime: Runtime, cases: Cases, tmp_path: Path, row: dict[str, Any], fault: str
) -> None:
    good = {"service": "water", "phone": PHONE}
    done = run(runtime, lines(tmp_path / "register.jsonl", [good, good | row]))
    assert done.exit_code == 1
    assert fault in done.output
    assert cases.connection.execute("SELECT count(*) FROM application").fetchone() == (0,)


def test_a_dry_run_only_looks(runtime: Runtime, cases: Cases, tmp_path: Path) -> None:
    done = run(runtime, lines(tmp_path / "register.jsonl", [{"service": "water", "phone": PHONE}]), "--dry-run")
    assert (done.exit_code, done.output) == (0, "1 lines are good\n")
    assert cases.connection.execute("SELECT count(*) FROM application").fetchone() == (0,)
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"service": \n[1]\n', encoding="utf-8")
    said = run(runtime, broken, "--dry-run").output
    assert "line 1: is not JSON" in said
    assert "line 2: is not a JSON object" in said
