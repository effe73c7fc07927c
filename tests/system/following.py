"""What each screen that comes back tells the citizen of the form: taken, asked again, given up, sent.

Decides: which answer counts as accepted: that which was followed by the next screen. Must not know: the gateway.
"""

from menus.localized import Localized, fill
from tests.system.calls import Call, Phone
from tests.system.reading import Shown, meaning, options_of, reference_in
from tests.system.typed import ANY, Form, Sent


def follow(phone: Phone, call: Call, before: Shown, key: str, after: Shown) -> None:
    """The citizen pressed `key` at one screen and sees another."""
    if after.notice == "unavailable":
        call.unrepeatable = True  # folded from its transcript, the call would do now what was declined then
    elif before.kind == "resume":
        _offered(phone, call, key, after)
    elif before.kind == "menu":
        _chosen(phone, call, before, key, after)
    elif before.kind == "question":
        _answered(call, before, key, after)
    elif before.kind == "review":
        _reviewed(call, key, after)
    elif before.kind == "correct" and call.form:
        call.form.corrected = True
    _asked(call, before, key, after)


def opened(phone: Phone, call: Call, service: str) -> None:
    """A form is begun: its first question is on the screen."""
    call.service = service
    call.form = Form(service, call.session, call.content)
    phone.forms = [each for each in phone.forms if each.origin != call.session or each.sent]
    phone.forms.append(call.form)


def sending(call: Call, key: str) -> None:
    """Before a hop that sends the form leaves the phone."""
    if call.shown and call.shown.kind == "review" and key == "1" and call.form:
        call.form.sent.append(Sent(dict(call.form.accepted), call.content))


def _offered(phone: Phone, call: Call, key: str, after: Shown) -> None:
    form = call.form
    if form is None or after.kind == "resume":
        return
    if key == "1":
        if after.kind in ("question", "review"):
            form.settle(after.question)
        return
    call.form = None
    if key in ("2", "3"):
        form.over = True
    if key == "2" and after.kind == "question":
        opened(phone, call, form.service)


def _chosen(phone: Phone, call: Call, before: Shown, key: str, after: Shown) -> None:
    if after.kind != "question":
        return
    items = call.content.menus[before.name].items
    shortcut = call.content.shortcuts.get(key)
    service = next((item.service for item in items if item.key == key), shortcut.service if shortcut else None)
    opened(phone, call, service or "")


def _answered(call: Call, before: Shown, key: str, after: Shown) -> None:
    form, question = call.form, before.question
    if form is None or question is None:
        return
    value = meaning(question, key)
    chosen = next((each for each in question.choices if each.id == value), None)
    if after.kind == "menu":  # back out of a form without answers
        form.unsure, call.form = True, None
    elif after.kind == "end" and after.name != "replaced":
        form.unsure = form.unsure or after.name not in ("too_many", "fault")
    elif chosen and chosen.redo:
        form.corrected = True
    elif after.asks(before) or after.kind == "other" or (value is None and key.strip() in ("", "0")):
        good = value is not None and not call.rivalled and not call.adrift
        assert not good, f"{key!r} is an answer to {question.id}, and was not taken: {after.text!r}"
    else:
        form.take(question, ANY if value is None else value)


def _reviewed(call: Call, key: str, after: Shown) -> None:
    form = call.form
    if form is None or key not in ("0", "1", "2"):
        return
    if after.kind == "end" and after.name == "done":
        found = reference_in(after.text)
        assert form.reference in ("", found), f"one form, two requests: {form.reference}, {found}"
        form.reference = found
    elif after.kind == "end" and after.name == "promised":
        form.promised = True
    elif after.kind == "end" and after.name == "already_open":
        form.over = True
    elif key == "0" and after.kind == "menu":
        form.over, call.form = True, None
    elif key == "2":
        form.corrected = True
    elif key == "1" and after.kind == "review":
        form.sent.pop()  # declined, in words that the screen has: it is not sent


def _asked(call: Call, before: Shown, key: str, after: Shown) -> None:
    form = call.form
    if form is None:
        return
    if after.kind == "question" and after.question:
        back = before.kind == "question" and key.strip() in ("", "0")
        form.ask(after.question, for_a_reason=back or after.asks(before) or call.adrift)
    if after.kind == "review" and not after.more and before.kind == "question" and not call.adrift:
        _is_shown(call, form, after)


def _is_shown(call: Call, form: Form, review: Shown) -> None:
    """A review of one page says the answers to the service's own questions in words."""
    for question in call.content.services[form.service].questions:
        value = form.accepted.get(question.id)
        if (
            value is None
            or value == ANY
            or question.prompt["en"] != form.prompts.get(question.id)
            or not question.review
        ):
            continue
        label: Localized = next((each.label for each in options_of(question) if each.id == value), {})
        said = [fill(words, {"value": label.get(language, value)}) for language, words in question.review.items()]
        assert any(words in review.text for words in said), f"{question.id} {value!r} is not in {review.text!r}"
