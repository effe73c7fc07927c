"""The image: what the Dockerfile copies is enough for every part that compose.yaml starts, and for no rights."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import ROOT
from menus.yaml_source import read_yaml

SERVICES = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the image's last stage has in its own."""
    folder = tmp_path_factory.mktemp("image")
    stage = (ROOT / "Dockerfile").read_text().split("\nFROM ")[-1]
    for source, target in re.findall(r"^COPY (\S+) \./(\S+)$", stage, re.MULTILINE):
        shutil.copytree(ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def services() -> SERVICES:
    found: SERVICES = read_yaml(ROOT / "compose.yaml", ROOT).values["services"]
    return found


def gateway(image: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    argv = [sys.executable, "-B", "-m", "gateway", *arguments]
    return subprocess.run(argv, cwd=image, env=env, capture_output=True, text=True, timeout=60)


def test_the_content_is_whole_in_the_image(image: Path) -> None:
    done = gateway(image, "check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_part_that_compose_starts_is_in_the_image(image: Path, services: SERVICES) -> None:
    ours = {each["command"] for each in services.values() if each.get("image") == "missan-gateway"}
    assert ours == {"migrate", "web", "relay", "worker", "sweep"}
    for command in sorted(ours):
        done = gateway(image, command, "--help")
        assert done.returncode == 0, done.stderr


def test_no_module_of_the_image_needs_what_is_not_in_it(image: Path) -> None:
    modules = [
        ".".join(path.relative_to(image).with_suffix("").parts)
        for path in image.rglob("*.py")
        if path.name not in ("__init__.py", "__main__.py") and "migrations" not in path.parts
    ]
    load = f"import importlib\nfor name in {sorted(modules)!r}: importlib.import_module(name)"
    done = subprocess.run([sys.executable, "-B", "-c", load], cwd=image, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]


def test_services_wait_for_services_that_exist(services: SERVICES) -> None:
    for name, each in services.items():
        assert set(each.get("depends_on", {})) <= services.keys() - {name}
        for condition in each.get("depends_on", {}).values():
            waits = condition["condition"] == "service_healthy"
            assert not waits or "healthcheck" in services["postgres"]
