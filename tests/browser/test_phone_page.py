"""The handset page in a real Chromium, against a stub gateway that answers in Arabic."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gateway.simulator.page.texts import ARABIC, ENGLISH
from tests.browser.phone_desk import page_server
from tests.gateway.stub_gateway import PHONE, Fields, Phone, StubGateway, far_side, plain
from tests.peers import closed_port

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
MAIN = "خدمات ميسان\n1 بناء\n2 ماء\n3 مدرسة\n4 زراعة\n5 شكوى\n6 طلباتي\n9 English"
DONE = "تم. رقم طلبك\n24839174\nاكتبه. ستصلك رسالة"


def menu(fields: Fields) -> object:
    return {
        "": plain(f"CON {MAIN}"),
        "1": plain("CON رقم القطعة كما في السند\nمثال 1234\n0 رجوع"),
        "9": plain("CON Missan services\n1 Building permit\n2 Water\n9 Arabic"),
        "6": plain("oops", 500),
    }.get(fields["text"], plain(f"END {DONE}"))


@dataclass(frozen=True)
class Desk:
    """A page at `url`, the gateway stub and the far side behind it."""

    url: str
    gateway: StubGateway
    phone: Phone


@pytest.fixture
def desk() -> Iterator[Desk]:
    with far_side(minute_seconds=0.2) as (gateway, phone), page_server(phone.far_side.url) as url:
        gateway.hop = menu  # type: ignore[assignment]
        yield Desk(url, gateway, phone)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        reason = "no /usr/bin/chromium: apt-get install chromium"
        pytest.fail(reason) if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1024, "height": 800})
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    yield tab
    context.close()
    assert errors == []


def picture(page: Page, name: str) -> None:
    """Keep a picture where the person testing asked for one."""
    if folder := os.environ.get("PHONE_PICTURES"):
        page.screenshot(path=Path(folder) / f"phone-{name}.png", full_page=True)


def test_a_citizen_dials_reads_arabic_and_reaches_the_end(page: Page, desk: Desk) -> None:
    page.goto(desk.url)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.get_by_label(ARABIC["dial"])).to_have_value("*964#")
    picture(page, "ar-idle")
    page.get_by_role("button", name=ARABIC["call"]).click()
    shown = page.locator("#shown")
    expect(shown.locator("p")).to_have_text(MAIN.split("\n"))
    expect(page.locator("#units")).to_have_text("66/80")
    picture(page, "ar-menu")
    page.get_by_role("button", name="1", exact=True).click()
    page.get_by_role("button", name=ARABIC["send"]).click()
    expect(shown).to_contain_text("مثال 1234")
    page.get_by_label(ARABIC["reply"]).fill("1234")
    page.keyboard.press("Enter")
    expect(shown.locator("p")).to_have_text(DONE.split("\n"))
    expect(page.get_by_label(ARABIC["dial"])).to_have_value("*964#")
    picture(page, "ar-end")
    assert [call.fields["text"] for call in desk.gateway.of("ussd")] == ["", "1", "1*1234"]
    assert desk.gateway.calls[0].fields["networkCode"] == "41805"


def test_each_line_takes_its_direction_from_its_content(page: Page, desk: Desk) -> None:
    desk.gateway.hop = lambda fields: plain("CON رقم طلبك\n24839174\n*964#\nEnglish")
    page.goto(f"{desk.url}?lang=en")
    page.keyboard.press("Enter")
    lines = page.locator("#shown p")
    expect(lines).to_have_count(4)
    directions = lines.evaluate_all("all => all.map(p => getComputedStyle(p).direction)")
    assert directions == ["rtl", "ltr", "ltr", "ltr"]
    assert set(lines.evaluate_all("all => all.map(p => getComputedStyle(p).textAlign)")) == {"right"}


def test_everything_works_from_the_keyboard_in_english(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.url}?lang=en")
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page.get_by_label(ENGLISH["dial"])).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label(ENGLISH["reply"])).to_be_focused()
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    expect(page.locator("#shown")).to_contain_text("Missan services")
    expect(page.locator("#units")).to_have_text("50/182")
    picture(page, "en-menu")
    page.keyboard.press("Escape")
    expect(page.locator("#shown")).to_have_text(ENGLISH["closed"])
    assert desk.gateway.of("ussd/ended")[0].fields["status"] == "Incomplete"


def test_the_keypad_types_where_the_caret_is(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.url}?lang=en")
    page.get_by_role("button", name=ENGLISH["clear"]).click()
    for key in ("star", "1", "2", "9"):
        page.get_by_role("button", name=key, exact=True).click()
    page.get_by_role("button", name=ENGLISH["erase"]).click()
    page.get_by_role("button", name="hash", exact=True).click()
    expect(page.get_by_label(ENGLISH["dial"])).to_have_value("*12#")


def test_a_failing_gateway_looks_as_on_a_phone_with_the_reason_under_it(page: Page, desk: Desk) -> None:
    page.goto(desk.url)
    page.get_by_role("button", name=ARABIC["call"]).click()
    page.get_by_label(ARABIC["reply"]).fill("6")
    page.keyboard.press("Enter")
    expect(page.locator("#shown")).to_have_text(ARABIC["mmi"])
    expect(page.locator("#detail")).to_have_text("HTTP status 500, not 200")
    picture(page, "ar-error")


def test_a_screen_too_long_is_marked(page: Page, desk: Desk) -> None:
    desk.gateway.hop = lambda fields: plain("CON " + "س" * 95)
    page.goto(f"{desk.url}?lang=en")
    page.keyboard.press("Enter")
    expect(page.locator("#units")).to_have_text("95/80")
    expect(page.locator("#units")).to_have_class("full")
    expect(page.locator("#detail")).to_contain_text(ENGLISH["cut"])


def test_messages_arrive_count_and_are_read(page: Page, desk: Desk) -> None:
    desk.phone.far_side.mailboxes.mark_read(PHONE)
    page.goto(desk.url)
    expect(page.locator("#list li")).not_to_have_count(0)  # it has looked once: what comes now is new
    expect(page.locator("#badge")).to_be_hidden()
    desk.phone.far_side.desk.take(PHONE, "استلمنا طلبك رقم 24839174. الرد خلال 20 يوم عمل", "MISSAN", False)
    desk.phone.far_side.desk.take(PHONE, "<b>Not markup</b>", "MISSAN", False)
    expect(page.locator("#badge")).to_have_text("2")
    expect(page.locator("#announce")).to_contain_text(ARABIC["new_message"])
    page.get_by_role("tab", name=ARABIC["messages"]).click()
    expect(page.locator("#list li")).to_have_count(2)
    expect(page.locator("#list li").first).to_contain_text("<b>Not markup</b>")
    page.get_by_label(ARABIC["message"]).fill("24839174")
    page.get_by_role("button", name=ARABIC["send"]).click()
    expect(page.locator("#list li.mine")).to_contain_text(ARABIC["taken"])
    picture(page, "ar-messages")
    assert desk.gateway.of("sms")[0].fields["text"] == "24839174"
    expect(page.locator("#list li.fresh")).to_have_count(2)
    page.get_by_role("tab", name=ARABIC["call"]).click()
    expect(page.locator("#list li.fresh")).to_have_count(0)  # drawn anew after they were marked
    expect(page.locator("#badge")).to_be_hidden()
    assert all(message["read"] for message in desk.phone.inbox())


def test_a_wrong_own_number_is_refused_beside_the_field(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.url}?lang=en")
    page.get_by_label(ENGLISH["own_number"]).fill("0770")
    page.get_by_role("button", name=ENGLISH["call"]).click()
    expect(page.get_by_role("alert").first).to_have_text(ENGLISH["bad_number"])
    assert desk.gateway.calls == []


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_the_page_is_tidy_on_a_narrow_window(page: Page, desk: Desk, lang: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{desk.url}?lang={lang}")
    page.keyboard.press("Enter")
    expect(page.locator("#units")).to_have_text("66/80")
    picture(page, f"{lang}-narrow")
    for tab in ("#tab-messages", "#tab-call"):
        page.locator(tab).click()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide == 360
        small = page.locator("button:visible").evaluate_all("all => all.filter(b => b.offsetHeight < 40).length")
        assert small == 0
    page.locator("#tab-messages").click()
    picture(page, f"{lang}-narrow-messages")


def test_the_language_link_leads_to_the_other_language(page: Page, desk: Desk) -> None:
    page.goto(desk.url)
    page.get_by_role("link", name="English").click()
    expect(page).to_have_url(re.compile(r"lang=en$"))
    expect(page.get_by_role("link", name="العربية")).to_be_visible()


def test_a_simulator_that_is_away_is_said_on_the_page(page: Page) -> None:
    with page_server(closed_port()) as url:
        page.goto(f"{url}?lang=en")
        page.keyboard.press("Enter")
        expect(page.locator("#shown")).to_have_text(ENGLISH["no_network"])
        expect(page.locator("#detail")).to_have_text("the simulator is not running")
