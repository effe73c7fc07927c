"""A service's form filled by SMS: the same engine, questions and draft as USSD, one question a message.

Decides: whether a message is an answer to the form's question, and when the form is paused, dropped or sent. Must not
know: what any question asks, how messages leave.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from handlers import effects, personal, profile
from handlers.answers import Answer, Desk
from handlers.apply import FORMS
from handlers.effects import Caller
from handlers.form_answers import in_order, question_of, typed
from menus import carry, commands, engine, filling, unfinished
from menus.commands import Command
from menus.engine import Step
from menus.gsm import Budget, segments
from menus.state import State
from store import applications, asked, dialogues, drafts, people
from store.dialogues import Dialogue
from store.drafts import Draft

KIND = "form"
FRESH = timedelta(minutes=30)
"""So long words that are no answer bring the question again."""
CHANNEL = "sms"
TWO_PARTS = Budget(septets=306, ucs2=134)
"""A question with its choices may take two parts of an SMS; a page more would cost two messages."""
_BACK = "0"
_NO_ANSWER = frozenset({commands.UNKNOWN, "YES", "NO", "NONE"})
_STEER = frozenset({"BACK", "SKIP", "LATER", "CANCEL"})


def begin(desk: Desk, target: str, name: str, about: str | None = None) -> Answer:
    """Open the form of a service, where an unfinished one stands if there is one, or a menu of services.

    `about`: a reference beside the word; of an own case the form has it already.
    """
    state = _fresh(desk)
    if target == "menu":
        return _asked(desk, desk.sender.message, engine.start(desk.context.content, _menu(state, name), TWO_PARTS))
    called = carry.names(desk.context.content, name)
    draft = dialogues.latest_draft(desk.context.tx, desk.phone, called, FORMS, desk.context.now)
    if draft is not None:
        return _continued(desk, draft)
    own = about if about and applications.own(desk.context.tx, about, desk.phone) else None
    turn = filling.begin(desk.context.content, state, name, own)
    title = desk.context.content.services[name].name[desk.language]
    answer = _asked(desk, desk.sender.message, engine.start(desk.context.content, turn.state, TWO_PARTS))
    headed = f"{title}\n{answer.text}"
    return replace(answer, text=headed) if segments(headed) == segments(answer.text) else answer


def resume(desk: Desk) -> Answer:
    """Go on with what is unfinished, whichever channel left it."""
    draft = dialogues.latest_draft(desk.context.tx, desk.phone, None, FORMS, desk.context.now)
    return _continued(desk, draft) if draft else desk.say("form_none")


def asked_at(desk: Desk) -> datetime | None:
    """When the form's open question was asked; None when no form is under way."""
    found = _found(desk)
    return found.asked_at if found else None


def answered(desk: Desk, text: str, command: Command) -> Answer | None:
    """The next question, when this message answers the open one; None when it is not for the form."""
    found = _found(desk)
    if found is None or (command.reference and command.intent != commands.REFERENCE):
        return None
    state = _state(desk, found)
    if state.at == "menu" and not state.service and state.menu == "main":  # its service or menu is no more
        dialogues.end(desk.context.tx, desk.phone)
        return None
    if command.intent in _STEER:
        return _steered(desk, found, state, command.intent)
    said = typed(desk, state, text, command)
    if said is None and command.intent in _NO_ANSWER and desk.context.now - found.asked_at < FRESH:
        said = text
    return _advanced(desk, found, state, said) if said is not None else None


def dropped(desk: Desk) -> Answer:
    """The citizen wants the unfinished form deleted."""
    found = _found(desk)
    if found:
        drafts.discard(desk.context.tx, desk.phone, found.origin, desk.context.now)
    dialogues.end(desk.context.tx, desk.phone)
    return desk.say("form_dropped")


def _found(desk: Desk) -> Dialogue | None:
    found = dialogues.find(desk.context.tx, desk.phone, FORMS, desk.context.now)
    return found if found and not found.over else None


def _fresh(desk: Desk) -> State:
    person = people.find(desk.context.tx, desk.phone)
    _, known = profile.facts(desk.context, person, "", desk.language)
    return State(language="en" if desk.language == "en" else "ar", known=known)


def _menu(state: State, name: str) -> State:
    return state.to("menu", menu=name)


def _state(desk: Desk, found: Dialogue) -> State:
    """Where the form stands in the present content, with the newest answers and what is known of the phone now."""
    fresh, kept = _fresh(desk), State.load(found.state)
    known = {**fresh.known, unfinished.ORIGIN: found.origin}
    answers = personal.opened(desk.context.seals, kept.answers if found.answers is None else found.answers)
    there = replace(kept, language=fresh.language, known=known, answers=answers)
    state = in_order(desk, carry.carried(desk.context.content, there))
    if state.at not in ("form", "review", "correct"):
        return state
    now = filling.go_on(desk.context.content, state).state
    return state if now.at == "review" and state.at == "correct" else replace(state, at=now.at)


def _steered(desk: Desk, found: Dialogue, state: State, intent: str) -> Answer | None:
    if intent == "LATER":
        return _paused(desk)
    if intent == "CANCEL":
        asked.ask(desk.context.tx, desk.phone, "drop", None, None, desk.context.now)
        return desk.say("form_drop_ask")
    if intent == "BACK":
        return _undone(desk, found, state)
    question = question_of(desk, state)
    if question and question.special:
        return _advanced(desk, found, state, question.special.key)
    if question and question.default is not None:
        return _advanced(desk, found, state, "")
    again = _asked(desk, found.origin, engine.start(desk.context.content, state, TWO_PARTS))
    return replace(again, text=f"{desk.say('form_no_skip').text}\n{again.text}")


def _paused(desk: Desk) -> Answer:
    """No number is taken for an answer until the citizen goes on; the draft waits."""
    dialogues.end(desk.context.tx, desk.phone)
    return desk.say("form_paused")


def _undone(desk: Desk, found: Dialogue, state: State) -> Answer:
    """The last answer is taken back and its question is asked again."""
    if not state.answers:
        return _advanced(desk, found, state, _BACK)
    kept = dict(list(state.answers.items())[:-1])
    back = state.to("form", answers=kept)
    return _asked(desk, found.origin, engine.start(desk.context.content, back, TWO_PARTS))


def _continued(desk: Desk, draft: Draft) -> Answer:
    state = _fresh(desk)
    known = {**state.known, unfinished.ORIGIN: draft.origin}
    answers = personal.opened(desk.context.seals, draft.answers)
    left = replace(state, service=draft.service, answers=answers, known=known)
    state = carry.carried(desk.context.content, left)
    if not state.service:
        return desk.say("form_none")
    turn = filling.go_on(desk.context.content, in_order(desk, state))
    return _asked(desk, draft.origin, engine.start(desk.context.content, turn.state, TWO_PARTS))


def _advanced(desk: Desk, found: Dialogue, state: State, typed: str) -> Answer:
    """One input, its effects performed in this transaction."""
    content = desk.context.content
    step = engine.advance(content, state, typed, TWO_PARTS)
    while step.effect:
        caller = Caller(desk.phone, CHANNEL, str(desk.sender.message), 0, state.language)
        args = _with_origin(step.effect.name, step.effect.args, found.origin)
        result = effects.perform(desk.context, caller, replace(step.effect, args=args))
        if step.effect.name == "submit" and "reference" in result and "refused" not in result:
            dialogues.end(desk.context.tx, desk.phone)
            return Answer("acted", "", desk.language, result["reference"])
        step = engine.resume(content, step.state, step.effect, result, TWO_PARTS)
    return _asked(desk, found.origin, step)


def _with_origin(name: str, args: Mapping[str, Any], origin: str) -> dict[str, Any]:
    return {**args, "origin": origin} if name == "submit" else dict(args)


def _asked(desk: Desk, origin: str | int, step: Step) -> Answer:
    """Keep where the form stands now, and say what the engine says."""
    state, tx, now = step.state, desk.context.tx, desk.context.now
    assert step.reply is not None  # effects are performed before
    name = origin if isinstance(origin, str) else f"sms-{origin}"
    if state.at == "end" and state.action == "too_many":
        return _paused(desk)
    if state.at == "end" or (state.at == "menu" and state.menu == "main"):
        dialogues.end(tx, desk.phone)
        return desk.say("form_dropped") if state.at == "menu" else Answer(KIND, step.reply.text, desk.language)
    mirrored = unfinished.is_unfinished(state)
    if mirrored:
        session = dialogues.session_of(desk.phone, name)
        answers = personal.sealed_whole(desk.context.seals, state.answers)
        draft = Draft(session, name, desk.phone, state.service, state.language, answers)
        dialogues.mirror(tx, draft, now)
    kept = replace(state, notice="", known={}, answers={} if mirrored else state.answers)
    dialogues.keep(tx, desk.phone, name, kept.dump(), now)
    return Answer(KIND, _one_part(step.reply.text, desk), desk.language)


def _one_part(text: str, desk: Desk) -> str:
    """Without the line that leads back, where that saves a part: BACK works without it."""
    line = f"\n{_BACK} {desk.context.content.ussd['back'][desk.language]}"
    shorter = text.removesuffix(line)
    return shorter if segments(shorter) < segments(text) else text
