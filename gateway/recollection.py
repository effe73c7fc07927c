"""A session that neither Redis nor this process remembers, played again from its transcript as far as it asks nobody.

Decides: how far a transcript alone tells where a dropped call stood. Must not know: Redis, who says that it dropped.
Nothing is done outside: what a session did there it has done, and a form asks nobody until it is sent.
"""

from collections.abc import Sequence

from handlers import drafts
from handlers.context import Context
from handlers.drafts import Call
from menus import engine
from menus.state import State


def stood(context: Context, phone: str, session: str, inputs: Sequence[str], default_language: str) -> State | None:
    """Where the phone's session stood after these inputs; None where that took an answer from outside, or it ended."""
    content, budget = context.content, context.content.budget(None)
    (state,) = drafts.openings(context, [Call(phone, session, bare=True)], default_language)
    for typed in inputs:
        step = engine.advance(content, state, engine.cleaned(typed), budget)
        if step.effect and step.effect.name == engine.LANGUAGE:
            step = engine.resume(content, step.state, step.effect, {}, budget)
        if step.effect or (step.reply and step.reply.end):
            return None
        state = step.state
    return state
