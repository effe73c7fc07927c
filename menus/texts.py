"""The texts that the gateway says by name, and the words that each may have filled in.

Decides: what `texts.yaml` must have, and which `{placeholders}` mean something there. Must not know: what the texts
say. Any other text there is a service's own: the SMS of a state or a move, what a state needs, the end of a form.
"""

from collections.abc import Mapping, Sequence

Words = Mapping[str, frozenset[str]]
"""Text -> the words it may use."""
NEED = "need_"
"""What a state asks of the citizen begins so (menus/needs.py)."""
SHORT = "_short"
"""The short form of an SMS, or of what stands above a screen, ends so: used where it saves room, with its words."""


def _table(*rows: tuple[str, str]) -> dict[str, frozenset[str]]:
    """Rows of (words, texts)."""
    return {text: frozenset(words.split()) for words, texts in rows for text in texts.split()}


ENDS: Words = _table(
    ("", "too_many changed not_possible replaced fault promised pin_kept pin_removed pin_none pin_locked pin_refused"),
    ("reference", "done already_open answer_by_text"),
    ("reference state", "acted"),
    ("reference state office", "status"),
    ("reference state office due", "status_due"),
)
"""The screens with which the gateway ends a call; a form may end with texts of its own, without words."""
_SCREENS = _table(
    ("", "more back yes no change place district send correct cancel which_answer my_requests no_requests"),
    ("", "papers complain rate rate_1 rate_2 rate_3 rate_4 rate_5 resume_1 resume_2 resume_3"),
    ("", "pin_set pin_ask pin_reference pin_owner anew"),
    ("place", "place_same subdistrict"),
    ("answers", "review"),
    ("date", "closed"),
    ("try tries", "retry unavailable"),
    ("service", "resume"),
    ("action reference", "sure"),
)
USSD: Words = {**ENDS, **_SCREENS}
ALONE: Words = _table(
    ("", "resume confirm_owner"),
    ("code", "help unknown_ref bad_ref not_understood which_one throttle pin_not_by_text pin_by_call stopped started"),
    ("code", "disowned kept one_at_a_time no_cases form_paused form_dropped form_drop_ask form_none form_no_skip"),
    ("code word", "did_you_mean"),
    ("code options", "choices"),
    ("code cases", "my_cases"),
    ("code reference", "brief_open brief_needs brief_closed"),
)
"""SMS that are about no case of the phone's."""
OF_CASE: Words = _table(
    ("reference state office days", "generic acted withdraw_ask answered_before answered_late case_muted case_unmuted"),
    ("reference state office days", "status"),
    ("reference state office days due", "status_due"),
    ("reference state office days due need", "status_needs"),
    ("reference state office days need", "status_why"),
)
"""SMS about a case, of whichever service."""
SMS: Words = {**ALONE, **OF_CASE}


def allowed(table: Words, name: str) -> frozenset[str] | None:
    """The words of a text or of its short form; None when the gateway does not say it by name."""
    return table.get(name, table.get(name.removesuffix(SHORT)))


def missing(table: Words, present: Mapping[str, object]) -> Sequence[str]:
    """The texts that the gateway says and that are not there."""
    return sorted(set(table) - set(present))
