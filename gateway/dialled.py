"""What was dialled after our code: inputs before any was typed, whichever field the wire puts them into.

Decides: which inputs a first transcript and a service code hold together. Must not know: sessions, screens.
"""

import re


def tail(code: str, ours: str) -> list[str]:
    """`*964*21*1#` on `*964#` gives 21 and 1; nothing where the service code is ours alone, or another's."""
    start = ours.rstrip("#") + "*"
    rest = code.removeprefix(start).strip("*#") if code.startswith(start) else ""
    return rest.split("*") if rest else []


def inputs(code: str, transcript: str, ours: str) -> list[str]:
    """Every input of a session that is not known: what was dialled, which counts once, and what was typed.

    A wire has the tail in the service code, in the transcript, or in both (contract §1.1, §1.2): a transcript that
    begins with the tail holds it. So where it is in the service code alone and the citizen then types that very tail, a
    session whose memory is lost comes back without what was dialled; nothing on the wire tells.
    """
    before, typed = tail(code, ours), transcript.split("*") if transcript else []
    return typed if typed[: len(before)] == before else before + typed


def is_dial_string(text: str, ours: str) -> bool:
    """Whether a text is our code as it is dialled, with or without more after it and its `#`."""
    return re.fullmatch(re.escape(ours.rstrip("#")) + r"(\*[0-9*]*)?#?", text) is not None


def opens(code: str, text: str, ours: str) -> bool:
    """Whether a wire that sends the last input alone may begin a session with this text (contract §7).

    Nothing, what was dialled, our code's digits, or what was dialled after the code in the service code.
    """
    first = "", ours.replace("*", "").rstrip("#"), "*".join(tail(code, ours))
    return text in first or is_dial_string(text, ours)
