"""The Kannel adapter's wire, and what each of smsbox's answers comes to."""

from urllib.parse import parse_qs

import pytest

from gateway.providers import Outcome, Outgoing
from gateway.providers.kannel import Kannel
from tests.peers import Peer, plain

AHMED = "+9647700000001"
REPORTS = "http://127.0.0.1:8080/kannel/a-secret/delivery"
TAKEN = plain(202, "0: Accepted for delivery")


def one(far: Peer, text: str = "x", smsc: str | None = None) -> Outcome:
    provider = Kannel(far.url, "missan", "secret", "MISSAN", REPORTS, smsc, timeout=(0.5, 0.5))
    (outcome,) = provider.send([Outgoing(7, AHMED, text, provider.own_id(7, "0.2"))])
    provider.close()
    return outcome


def test_the_request_asks_for_a_report_that_names_the_attempt(far: Peer) -> None:
    far.then(TAKEN)
    assert one(far, "fee [5] & 100%", smsc="zain").provider_id == "7.0.2"
    (asked,) = far.asked
    assert asked.path == "/cgi-bin/sendsms"
    fields = {name: values[0] for name, values in parse_qs(asked.query.decode()).items()}
    assert fields == {
        "username": "missan",
        "password": "secret",
        "from": "MISSAN",
        "smsc": "zain",
        "to": AHMED,
        "coding": "0",
        "charset": "UTF-8",
        "text": "fee [5] & 100%",
        "dlr-mask": "19",
        "dlr-url": f"{REPORTS}?id=7.0.2&status=%d&phone=%p&answer=%A&time=%t",
    }


@pytest.mark.parametrize(
    ("status", "body", "outcome", "code"),
    [
        (202, "0: Accepted for delivery", "sent", "accepted"),
        (202, "3: Queued for later delivery", "sent", "accepted"),
        (202, "", "unsure", "unreadable"),
        (200, "Sent.", "unsure", "unreadable"),
        (403, "Authorization failed for sendsms", "hold", "http_403"),
        (403, "Not routable. Do not try again.", "failed", "not_routable"),
        (404, "", "hold", "http_404"),
        (302, "", "hold", "http_302"),
        (400, "Empty receiver number not allowed, rejected", "failed", "http_400"),
        (429, "", "retry", "http_429"),
        (503, "Temporal failure, try again later.", "retry", "temporary"),
        (503, "", "unsure", "http_503"),
        (500, "", "unsure", "http_500"),
    ],
)
def test_each_answer_has_its_outcome(far: Peer, status: int, body: str, outcome: str, code: str) -> None:
    far.then(plain(status, body))
    got = one(far)
    assert (got.outcome, got.code) == (outcome, code)
    assert (got.provider_id == "7.0.2") == (outcome in ("sent", "unsure"))
    assert len(far.asked) == 1


@pytest.mark.parametrize("empty", [0, 1, 2])
def test_an_account_without_a_name_is_refused(empty: int) -> None:
    account = ["missan", "secret", "MISSAN"]
    account[empty] = " "
    username, password, sender = account
    with pytest.raises(ValueError, match="KANNEL_USERNAME"):
        Kannel("http://127.0.0.1:13013", username, password, sender, REPORTS)


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="KANNEL_URL"):
        Kannel("127.0.0.1:13013", "missan", "secret", "MISSAN", REPORTS)
