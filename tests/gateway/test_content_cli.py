"""`python -m gateway check` as an author runs it: what it prints, and its exit code."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.settings import ROOT
from tests.author import Edit, edited

WATER = "services/water.yaml"


def check(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway", "check", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_content_as_it_is_passes_with_its_numbers() -> None:
    run = check("--verbose")
    assert run.returncode == 0, run.stdout + run.stderr
    assert " 0 faults" in run.stdout
    assert "water.plot @strict" in run.stdout
    assert "screens, " in run.stdout


@pytest.mark.parametrize(
    ("file", "edit", "said"),
    [
        ("texts.yaml", ("We did not understand.", "We did not understand." + "x" * 300), "more than one segment"),
        ("texts.yaml", ('    en: "We are saving it', '    en: "' + "x" * 300), "one page of standard's screen"),
        (WATER, ("ar: ديون سابقة", "ar: arrears"), "reasons.arrears: Arabic and English are the same text"),
    ],
)
def test_a_fault_is_told_with_file_and_line_and_fails_the_check(
    tmp_path: Path, file: str, edit: Edit, said: str
) -> None:
    run = check("--config", edited(tmp_path, file, edit))
    assert run.returncode == 1, run.stdout + run.stderr
    faults = [line for line in run.stdout.splitlines() if line.startswith("config/")]
    assert any(said in line and int(line.split(":")[1]) for line in faults), run.stdout


def test_a_service_of_more_screens_than_a_call_may_take_names_the_ceiling(tmp_path: Path) -> None:
    run = check("--config", edited(tmp_path, "operators.yaml", ("    ucs2: 80\n", "    ucs2: 80\n    stages: 12\n")))
    assert run.returncode == 1
    assert any("produce, a new phone" in line and "is more than 12" in line for line in run.stdout.splitlines())


@pytest.mark.parametrize("quick", [(), ("--quick",)])
def test_what_a_start_refuses_is_one_message_and_no_stack_trace(tmp_path: Path, quick: tuple[str, ...]) -> None:
    config = edited(tmp_path, WATER, ("Plot: {value}", "Plot: {valoo}"))
    run = check("--config", config, *quick)
    assert run.returncode == 1
    assert run.stderr.startswith(f"error: config/{WATER}:")
    assert "nothing fills {valoo} in" in run.stderr
    assert "Traceback" not in run.stderr
