"""Each switch of the far side's USSD, at least once (contract §8)."""

import time

import pytest
from werkzeug import Response

from tests.gateway.stub_gateway import far_side, plain


@pytest.mark.parametrize(
    ("mode", "dialled", "texts"),
    [
        ("empty", "*964*1*2#", ["", "3"]),
        ("dialled", "*964*1*2#", ["1*2", "1*2*3"]),
        ("dialled", "*964#", ["", "3"]),
    ],
)
def test_first_text_of_a_deep_dial(mode: str, dialled: str, texts: list[str]) -> None:
    with far_side(first_text=mode) as (gateway, phone):
        phone.dial(dialled)
        phone.reply("3")
        assert [call.fields["text"] for call in gateway.of("ussd")] == texts
        assert gateway.calls[0].fields["serviceCode"] == "*964#"


@pytest.mark.parametrize(
    ("switches", "field", "value"),
    [
        ({"at_sign_garbled": True}, "text", "a¡b"),
        ({"network": "sandbox"}, "networkCode", "99999"),
        ({"phone_form": "missing_plus"}, "phoneNumber", "9647701234567"),
        ({"phone_form": "national"}, "phoneNumber", "07701234567"),
    ],
)
def test_a_switch_changes_one_field(switches: dict[str, object], field: str, value: str) -> None:
    with far_side(**switches) as (gateway, phone):
        phone.dial(network="41805")
        phone.reply("a@b")
        assert gateway.calls[-1].fields[field] == value


@pytest.mark.parametrize(("form", "code"), [("with_channel", "*384*123#"), ("without_channel", "*384#")])
def test_service_code_with_and_without_its_channel(form: str, code: str) -> None:
    with far_side(service_code=form) as (gateway, phone):
        phone.far_side.network.base_code = "*384*123#"
        phone.dial("*384*123#")
        assert gateway.of("ussd")[0].fields["serviceCode"] == code


def test_network_code_may_be_missing_everywhere() -> None:
    with far_side(omit_network=True) as (gateway, phone):
        phone.dial()
        phone.hang_up()
        phone.text("hi")
        calls = gateway.of("ussd") + gateway.of("ussd/ended") + gateway.of("sms")
        assert not any("networkCode" in call.names for call in calls)


def test_the_form_may_come_without_a_charset() -> None:
    with far_side(callback_charset=False) as (gateway, phone):
        phone.dial()
        assert gateway.calls[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_an_empty_send_may_repeat_the_text_unchanged() -> None:
    with far_side(empty_send="unchanged") as (gateway, phone):
        phone.dial()
        phone.reply("1")
        phone.reply("")
        assert [call.fields["text"] for call in gateway.of("ussd")] == ["", "1", "1"]


@pytest.mark.parametrize(
    ("mode", "texts"),
    [
        ("once", ["", "1"]),
        ("duplicate", ["", "", "1", "1"]),
        ("concurrent", ["", "", "1", "1"]),
        ("reordered", ["", "1", ""]),
    ],
)
def test_hops_come_again_or_in_another_order(mode: str, texts: list[str]) -> None:
    with far_side(hop_delivery=mode) as (gateway, phone):
        phone.dial()
        assert phone.reply("1")["text"] == "typed '1'"
        assert [call.fields["text"] for call in gateway.of("ussd")] == texts
        lines = phone.dialogue()["dialogue"]
        assert isinstance(lines, list)
        assert len(lines[1]["repeats"]) == (0 if mode == "once" else 1)


def test_concurrent_hops_are_open_at_the_same_time() -> None:
    open_now, most = [0], [0]

    def hop(fields: dict[str, str]) -> Response:
        open_now[0] += 1
        most[0] = max(most[0], open_now[0])
        time.sleep(0.2)
        open_now[0] -= 1
        return plain("CON x")

    with far_side(hop_delivery="concurrent") as (gateway, phone):
        gateway.hop = hop
        phone.dial()
    assert most == [2]


def test_the_last_hop_may_come_again_after_end() -> None:
    with far_side(hop_delivery="late_duplicate") as (gateway, phone):
        phone.dial()
        phone.reply("9")
        assert [call.fields["text"] for call in gateway.of("ussd", 3)] == ["", "9", "9"]


@pytest.mark.parametrize(
    ("mode", "routes"),
    [
        ("after", ["ussd", "ussd", "ussd/ended"]),
        ("twice", ["ussd", "ussd", "ussd/ended", "ussd/ended"]),
        ("never", ["ussd", "ussd"]),
        ("before", ["ussd", "ussd/ended", "ussd"]),
    ],
)
def test_the_end_event_comes_after_before_twice_or_never(mode: str, routes: list[str]) -> None:
    with far_side(end_event=mode) as (gateway, phone):
        phone.dial()
        phone.hang_up(input="1")
        gateway.of(routes[-1], routes.count(routes[-1]))
        time.sleep(0.3)
        assert [call.route for call in gateway.calls] == routes


def test_a_silent_citizen_loses_the_session() -> None:
    with far_side(idle_seconds=0.2) as (gateway, phone):
        phone.dial()
        assert gateway.of("ussd/ended")[0].fields["status"] == "Incomplete"
        assert "error" in phone.reply("1")


def test_hop_metadata_is_echoed_and_told_at_the_end() -> None:
    def hop(fields: dict[str, str]) -> Response:
        answer = plain("CON x" if fields["text"] != "1*2" else "END x")
        answer.headers["at-ussd-hop-metadata"] = {"": "main", "1": "bad|one"}.get(fields["text"], "last")
        return answer

    for echoed in (True, False):
        with far_side(hop_metadata=echoed) as (gateway, phone):
            gateway.hop = hop
            phone.dial()
            phone.reply("1")
            phone.reply("2")
            headers = [call.headers.get("At-Ussd-Hop-Metadata") for call in gateway.of("ussd")]
            assert headers == ([None, "main", "main"] if echoed else [None] * 3)
            assert gateway.of("ussd/ended")[0].fields["hopsMetadata"] == "main|last"


def test_a_lax_far_side_takes_any_text_that_starts_with_con() -> None:
    with far_side(strict_prefix=False) as (gateway, phone):
        gateway.hop = lambda fields: plain("CONTACT us", content_type="text/html")
        screen = phone.dial()
        assert (screen["kind"], screen["text"]) == ("CON", "TACT us")


def test_the_far_sides_pager_takes_98_and_00_for_itself() -> None:
    items = "\n".join(f"{n} A choice with a long name" for n in range(1, 9))
    with far_side(pager=160) as (gateway, phone):
        gateway.hop = lambda fields: plain(f"CON {items}" if not fields["text"] else "END chosen")
        first, second, third = phone.dial(), phone.reply("98"), phone.reply("00")
        assert str(first["text"]).endswith("\n98:More")
        assert str(second["text"]).endswith("\n00:Back")
        assert third["text"] == first["text"]
        assert all(int(str(screen["units"])) <= 160 for screen in (first, second))
        assert phone.reply("98")["kind"] == "CON"
        assert phone.reply("8")["text"] == "chosen"
        assert [call.fields["text"] for call in gateway.of("ussd")] == ["", "8"]


@pytest.mark.parametrize(
    ("switches", "text", "kind", "shown", "units", "limit"),
    [
        ({}, "a" * 183, "CON", 182, 183, 182),
        ({}, "س" * 81, "CON", 80, 81, 80),
        ({"screen_octets": 140}, "س" * 71, "CON", 70, 71, 70),
        ({"screen_octets": 140}, "a" * 161, "CON", 160, 161, 160),
        ({}, "س" * 79 + "😀", "CON", 79, 81, 80),
        ({"overlong": "fail"}, "س" * 81, "ERROR", 39, 39, 182),
    ],
)
def test_a_screen_too_long_is_cut_or_fails(
    switches: dict[str, object], text: str, kind: str, shown: int, units: int, limit: int
) -> None:
    with far_side(**switches) as (gateway, phone):
        gateway.hop = lambda fields: plain(f"CON {text}")
        screen = phone.dial()
        assert (screen["kind"], len(str(screen["text"])), screen["units"], screen["limit"]) == (
            kind, shown, units, limit,
        )  # fmt: skip
