"""The drawings in a real Chromium: the letters take no more room than the boxes that were laid out for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from menus.graph import drawings
from menus.graph.lettering import width
from menus.load import load_content
from tests.browser.test_phone_page import CHROMIUM, FLAGS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MEASURE = """face => [...document.querySelectorAll("text")].map(each => {
    each.style.fontFamily = face
    return [each.textContent, each.getAttribute("class"), each.getComputedTextLength()]
})"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as browser:
        yield browser.new_page()


@pytest.mark.parametrize("face", ["sans-serif", "DejaVu Sans"])
def test_no_text_is_wider_than_its_box(page: Page, tmp_path: Path, face: str) -> None:
    content = load_content(Path(__file__).parents[2] / "config")
    for name, svg in drawings(content).items():
        (tmp_path / name).write_text(svg, encoding="utf-8")
        page.goto((tmp_path / name).as_uri())
        measured = page.evaluate(MEASURE, face)
        assert len(measured) > 50
        assert [(text, room) for text, style, room in measured if room > width(text, style)] == []
