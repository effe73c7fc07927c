"""Live edits: a new version reaches every process, and a call ends on the version it began with."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from gateway import loop, reload
from gateway.app import create_app
from gateway.errands import Errands
from gateway.runtime import Runtime
from gateway.shelf import Shelf
from gateway.versions import KEPT, Versions
from menus.content import Content
from menus.yaml_source import ContentError
from tests.fixtures import PostOffice, poster
from tests.gateway.live_edits import RENAMED_FIELD, Edit, forget_earlier
from tests.handset import Handset
from tests.system.journeys import JOURNEYS, STRANGER
from tests.system.running import until

WATER = JOURNEYS[0]


def without_water(runtime: Runtime) -> None:
    """The service was taken away, and nothing is held of before."""
    fewer = {name: service for name, service in runtime.content.services.items() if name != "water"}
    runtime.versions.take(replace(runtime.content, services=fewer, digest="fewer"))
    forget_earlier(runtime)


def test_a_call_ends_on_the_version_it_began_with_and_the_next_has_the_new_one(
    app: Flask, handset: Handset, edit: Edit
) -> None:
    handset.dial().press("9", *WATER.open, *STRANGER).sees("Water service?")
    edit(("services/water.yaml", "en: New connection", "en: Fresh connection"))
    handset.press("0", "1").sees("1 New connection").press(*WATER.answers, "1").ends()
    Handset(poster(app), handset.phone).dial("21").sees("1 Fresh connection")


def test_a_call_whose_version_is_gone_keeps_the_answers_that_are_still_valid(
    handset: Handset, edit: Edit, runtime: Runtime, post: PostOffice
) -> None:
    handset.dial().press("9", *WATER.open, *STRANGER, "1", "1", "1234").sees("water account number")
    edit(("services/water.yaml", '{key: "1", id: home,', '{key: "1", id: house,'))
    forget_earlier(runtime)
    # What is typed now was meant for another question: the open one is shown first.
    handset.press("0").sees("Use?").press("1").sees("water account number").press("0", "1").sees("Plot: 1234")
    handset.press("1").ends()


def test_a_field_that_was_renamed_takes_its_answer_along(handset: Handset, edit: Edit, runtime: Runtime) -> None:
    handset.dial().press("9", *WATER.open, *STRANGER, "1", "1", "1234").sees("water account number")
    edit(*RENAMED_FIELD)
    forget_earlier(runtime)
    handset.press("0", "1").sees("Plot: 1234")


def test_a_service_that_is_gone_leads_to_the_menu(handset: Handset, edit: Edit, runtime: Runtime) -> None:
    handset.dial().press("9", *WATER.open, *STRANGER).sees("Water service?")
    without_water(runtime)
    handset.send().sees("Missan services").press("1").sees("Missan services")


def test_a_name_leads_to_the_same_service_when_the_lines_of_the_menu_are_others(
    app: Flask, handset: Handset, edit: Edit
) -> None:
    water, school = '{key: "2", label: {ar: ماء', '{key: "3", label: {ar: مدرسة'
    edit(
        ("menus.yaml", water, water.replace("2", "4")),
        ("menus.yaml", school, school.replace("3", "2")),
        ("menus.yaml", '{key: "4", label: {ar: زراعة', '{key: "3", label: {ar: زراعة'),
    )
    handset.dial().sees("2 مدرسة", "3 زراعة", "4 ماء")
    Handset(poster(app)).dial("21").press(*STRANGER).sees("خدمة الماء؟")
    Handset(poster(app)).dial("31").press(*STRANGER).sees("المرحلة؟")


def test_a_repeat_in_a_call_whose_version_is_gone_shows_where_it_goes_on(
    handset: Handset, edit: Edit, runtime: Runtime
) -> None:
    handset.dial().press("9", *WATER.open, *STRANGER, "1", "1", "1234").sees("water account number")
    edit(("services/water.yaml", '{key: "1", id: home,', '{key: "1", id: house,'))
    forget_earlier(runtime)
    handset.send().sees("Use?").press("0").sees("Use?").press("1").sees("water account number")


def test_a_repeat_after_the_end_is_the_end_though_the_service_is_gone(
    handset: Handset, edit: Edit, runtime: Runtime
) -> None:
    end = handset.dial().press("9", *WATER.keys).ends().screen
    without_water(runtime)
    assert handset.send().screen == end


def test_a_version_that_is_not_held_is_read_again_for_the_calls_on_it(
    config: Path, tmp_path: Path, edit: Edit, runtime: Runtime
) -> None:
    reload.publish(tmp_path / "data", config)
    here = replace(runtime, settings=runtime.settings.model_copy(update={"data_dir": tmp_path / "data"}))
    handset = Handset(poster(create_app(here)))
    handset.dial().press("9", *WATER.open, *STRANGER).sees("1 New connection")
    edit(("services/water.yaml", "en: New connection", "en: Fresh connection"))
    forget_earlier(runtime)
    handset.send().sees("1 New connection").press("1", "0").sees("1 New connection")


def test_hops_that_miss_the_same_version_wait_for_one_reading(config: Path, tmp_path: Path, runtime: Runtime) -> None:
    published = reload.publish(tmp_path / "data", config)
    versions = Versions(replace(runtime.content, digest="another"))
    shelf = Shelf(versions, Errands(), tmp_path / "data")

    async def both() -> list[Content | None]:
        return await asyncio.gather(*(shelf.fetched(published.digest, 5) for _ in range(9)), shelf.fetched("none", 5))

    *found, none = loop.run(both())
    assert none is None
    assert {id(each) for each in found} == {id(versions.of(published.digest))}


def test_who_cannot_wait_for_a_version_goes_on_without_it(config: Path, tmp_path: Path, runtime: Runtime) -> None:
    published = reload.publish(tmp_path / "data", config)
    versions = Versions(replace(runtime.content, digest="another"))
    shelf = Shelf(versions, Errands(), tmp_path / "data")
    assert loop.run(shelf.fetched(published.digest, 0)) is None
    until(lambda: versions.of(published.digest), "the version, for the next hop")


def test_what_is_published_while_a_process_starts_is_taken(config: Path, tmp_path: Path, runtime: Runtime) -> None:
    versions = Versions(reload.published(tmp_path / "data"))
    (config / "calendar.yaml").write_text((config / "calendar.yaml").read_text() + "\n# edited\n")
    published = reload.publish(tmp_path / "data", config)
    reload.follow(versions, tmp_path / "data", every_s=0.02)
    until(lambda: versions.current.digest == published.digest, "the new version")


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
