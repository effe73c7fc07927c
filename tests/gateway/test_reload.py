"""Live edits: a new version reaches every process, and a call ends on the version it began with."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from gateway import reload
from gateway.runtime import Runtime
from gateway.settings import ROOT
from gateway.versions import KEPT, Versions
from menus.content import Content
from menus.yaml_source import ContentError
from tests.fixtures import PostOffice, poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS, STRANGER
from tests.system.running import until

WATER = JOURNEYS[0]
Edit = Callable[[str, str, str], Content]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of config/ to edit."""
    return Path(shutil.copytree(ROOT / "config", tmp_path / "config"))


@pytest.fixture
def edit(config: Path, tmp_path: Path, runtime: Runtime) -> Iterator[Edit]:
    """Replace a text in one file and take the result, as a reload does."""
    before = runtime.content

    def edit(name: str, old: str, new: str) -> Content:
        path = config / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        reload.publish(tmp_path / "data", config)
        reload.take(runtime.versions, tmp_path / "data")
        return runtime.content

    yield edit
    runtime.versions.take(before)


def test_a_call_ends_on_the_version_it_began_with_and_the_next_has_the_new_one(
    app: Flask, handset: Handset, edit: Edit
) -> None:
    handset.dial().press("9", *WATER.open, *STRANGER).sees("Water service?")
    edit("services/water.yaml", "en: New connection", "en: Fresh connection")
    handset.press("0", "1").sees("1 New connection").press(*WATER.answers, "1").ends()
    Handset(poster(app), handset.phone).dial("21").sees("1 Fresh connection")


def test_a_call_whose_version_is_gone_keeps_the_answers_that_are_still_valid(
    handset: Handset, edit: Edit, runtime: Runtime, post: PostOffice
) -> None:
    handset.dial().press("9", *WATER.open, *STRANGER, "1", "1", "1234").sees("water account number")
    edit("services/water.yaml", '{key: "1", id: home,', '{key: "1", id: house,')
    runtime.versions._by_digest = {runtime.content.digest: runtime.content}
    # What is typed now was meant for another question: the open one is shown first.
    handset.press("0").sees("Use?").press("1").sees("water account number").press("0", "1").sees("Plot: 1234")
    handset.press("1").ends()


def test_a_field_that_was_renamed_takes_its_answer_along(handset: Handset, edit: Edit, runtime: Runtime) -> None:
    handset.dial().press("9", *WATER.open, *STRANGER, "1", "1", "1234").sees("water account number")
    edit("menus.yaml", "shortcuts:\n", "moved: {water.plot: water.parcel}\nshortcuts:\n")
    edit("services/water.yaml", "- id: plot\n", "- id: parcel\n")
    runtime.versions._by_digest = {runtime.content.digest: runtime.content}
    handset.press("0", "1").sees("Plot: 1234")


def test_a_service_that_is_gone_leads_to_the_menu(handset: Handset, edit: Edit, runtime: Runtime) -> None:
    handset.dial().press("9", *WATER.open, *STRANGER).sees("Water service?")
    content = runtime.content
    fewer = {name: service for name, service in content.services.items() if name != "water"}
    runtime.versions.take(replace(content, services=fewer, digest="fewer"))
    runtime.versions._by_digest = {"fewer": runtime.content}
    handset.press("1").sees("Missan services")
    runtime.versions.take(content)


def test_a_process_takes_what_is_published_and_keeps_what_calls_are_on(
    config: Path, tmp_path: Path, runtime: Runtime
) -> None:
    versions = Versions(runtime.content)
    reload.follow(versions, tmp_path / "data", every_s=0.02)
    (config / "calendar.yaml").write_text((config / "calendar.yaml").read_text() + "\n# edited\n")
    published = reload.publish(tmp_path / "data", config)
    until(lambda: versions.current.digest == published.digest, "the new version")
    assert versions.of(runtime.content.digest) is runtime.content
    assert reload.published(tmp_path / "data").digest == published.digest


def test_a_process_that_starts_after_an_edit_finds_the_version_before(config: Path, tmp_path: Path) -> None:
    before = reload.publish(tmp_path / "data", config)
    (config / "calendar.yaml").write_text((config / "calendar.yaml").read_text() + "\n# edited\n")
    versions = Versions(reload.publish(tmp_path / "data", config))
    reload.follow(versions, tmp_path / "data")
    until(lambda: versions.of(before.digest), "the version before")


def test_a_kept_version_that_this_program_refuses_hides_no_older_one(config: Path, tmp_path: Path) -> None:
    calendar = config / "calendar.yaml"
    digests = []
    for number in range(3):
        calendar.write_text(calendar.read_text() + f"\n# edit {number}\n")
        digests.append(reload.publish(tmp_path / "data", config).digest)
    (tmp_path / "data" / "content" / digests[1] / "config" / "menus.yaml").write_text("menus: {}\n")
    versions = Versions(reload.published(tmp_path / "data"))
    reload.follow(versions, tmp_path / "data")
    until(lambda: versions.of(digests[0]), "the oldest version")


def test_bad_content_is_refused_with_its_line_and_nothing_is_published(config: Path, tmp_path: Path) -> None:
    good = reload.publish(tmp_path / "data", config)
    (config / "menus.yaml").write_text((config / "menus.yaml").read_text().replace("service: water", "service: wter"))
    with pytest.raises(ContentError, match=r"config/menus.yaml:\d+: .*there is no service wter"):
        reload.publish(tmp_path / "data", config)
    assert reload.published(tmp_path / "data").digest == good.digest


def test_few_versions_are_kept(config: Path, tmp_path: Path, runtime: Runtime) -> None:
    versions = Versions(runtime.content)
    for number in range(KEPT + 3):
        versions.take(replace(runtime.content, digest=str(number)))
    assert versions.current.digest == str(KEPT + 2)
    assert versions.of("0") is None
    assert versions.of("3") is not None
