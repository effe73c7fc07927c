"""The alert rules as Prometheus itself reads them: they parse, and fire on what they are meant for."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.settings import ROOT

PROMTOOL = shutil.which("promtool")

pytestmark = pytest.mark.skipif(
    PROMTOOL is None and not os.environ.get("CI"), reason="needs Debian's package prometheus"
)


def promtool(*arguments: str, cwd: Path) -> str:
    done = subprocess.run([PROMTOOL or "promtool", *arguments], cwd=cwd, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rules_parse() -> None:
    assert "SUCCESS" in promtool("check", "rules", "config/alerts.yaml", cwd=ROOT)


def test_the_rules_fire_on_what_they_are_meant_for(tmp_path: Path) -> None:
    shutil.copy(ROOT / "config" / "alerts.yaml", tmp_path)
    shutil.copy(Path(__file__).parent / "alert_cases.yaml", tmp_path)
    promtool("test", "rules", "alert_cases.yaml", cwd=tmp_path)
