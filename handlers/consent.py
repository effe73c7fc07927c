"""STOP and START, for everything or for one case.

Decides: what is silenced and what is said about it. Must not know: which texts are silenced (config/notices.yaml).
"""

from handlers.answers import Answer, Desk
from handlers.privacy import stranger
from store import applications, muting, people


def change(desk: Desk, intent: str, reference: str | None) -> Answer:
    """Stop or start notices; with a reference those of that case alone, when it is this phone's."""
    context = desk.context
    if reference is None and intent == "STOP":
        people.stop(context.tx, desk.phone, context.now)
        return desk.say("stopped")
    if reference is None:
        people.start(context.tx, desk.phone, context.now, desk.language)
        return desk.say("started")
    case = applications.own(context.tx, reference, desk.phone)
    if case is None:
        return stranger(desk)
    if intent == "STOP":
        muting.mute(context.tx, desk.phone, reference, context.now)
        return desk.about(case, "case_muted")
    muting.unmute(context.tx, desk.phone, reference)
    return desk.about(case, "case_unmuted")
