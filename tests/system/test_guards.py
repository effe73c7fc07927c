"""What must stay true of the whole, whoever adds to it."""

import re

import pytest
from flask import Flask

from gateway.settings import ROOT, Settings
from tests.fixtures import SECRET

OPEN = {"/health", "/ready", "/metrics", "/api/v1/openapi.json"}
"""Routes that ask nobody who they are: they hold no citizen's data."""


def test_every_route_is_open_on_purpose_or_asks_who_calls(app: Flask) -> None:
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if rule.rule in OPEN:
            continue
        path = re.sub(r"<(?:[a-z]+:)?[a-z_]+>", "12345678", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            status = client.open(path, method=method).status_code
            assert status in (401, 404), f"{method} {rule.rule} answers {status} to a stranger"


def test_every_setting_is_in_the_example_and_every_line_of_it_is_a_setting() -> None:
    example = (ROOT / "config" / "gateway.env.example").read_text("utf-8")
    documented = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    assert documented == {name.upper() for name in Settings.model_fields}


def test_the_readme_names_only_files_that_exist() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / "README.md").read_text("utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_readme_names_every_folder() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    assert {folder for folder in folders if f"`{folder}/`" not in readme} == set()


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_locks_have_hashes_and_no_address(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert "--hash=sha256:" in text
    assert not re.search(r"https?://|--(?:extra-)?index-url|--find-links|file:", text)


def test_the_secret_is_needed_in_the_path(app: Flask) -> None:
    assert app.test_client().post("/at//ussd").status_code == 404
    assert app.test_client().post(f"/at/{SECRET}").status_code == 404
