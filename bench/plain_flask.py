"""The other peer: a bare Flask application, one Redis GET and one SET a hop, one durable INSERT at the end.

It knows nothing of repeats, budgets, languages or failures: it is what a hop costs before any of that.
Environment: REDIS_URL, PG_URL (empty: no database).
"""

import json
import os
from typing import Any

import sqlalchemy as sa
from flask import Flask, request
from redis import Redis

DISTRICTS = ("Buyende", "Isingiro", "Kasese", "Lamwo", "Moroto", "Wakiso")
MAIN = (
    "CON Welcome to the county desk\n1 Building\n2 Water\n3 Registry\n4 Schools\n5 Complaint\n6 My requests\n"
    "7 Farming\n9 Arabic"
)
DISTRICT = "CON Choose district\n" + "\n".join(f"{at} {name}" for at, name in enumerate(DISTRICTS, 1)) + "\n0 Back"
TTL_S = 180
INSERT = sa.text("INSERT INTO bench.entry (session, phone, number, district) VALUES (:session, :phone, :number, :d)")

Session = dict[str, Any]


def step(session: Session | None, typed: str, phone: str) -> tuple[str, Session | None]:
    """The answer, and the session after it; None when it is over."""
    if session is None:
        return MAIN, {"at": "main", "phone": phone}
    at = session["at"]
    if at == "main" and typed == "3":
        return "CON Registry\n1 New entry\n2 Check an entry\n0 Back", {**session, "at": "registry"}
    if at == "registry" and typed == "1":
        return "CON Enter your 12-digit number\n0 Back", {**session, "at": "number"}
    if at == "number" and len(typed) == 12 and typed.isdecimal():
        return DISTRICT, {**session, "at": "district", "number": typed}
    if at == "district" and typed in "123456":
        review = f"CON Check:\nNew entry\nNumber: {session['number']}\n{DISTRICTS[int(typed) - 1]}"
        return f"{review}\n1 Send\n2 Correct\n0 Cancel", {**session, "at": "review", "d": int(typed)}
    if at == "review" and typed == "1":
        return f"END Done. {session['number']} is recorded.", None
    return "END Cancelled.", None


def application() -> Flask:
    """The application."""
    app = Flask("plain")
    redis = Redis.from_url(os.environ["REDIS_URL"])
    address = os.environ.get("PG_URL", "").replace("postgresql://", "postgresql+psycopg://")
    engine = sa.create_engine(address, pool_size=16) if address else None

    @app.post("/ussd")
    def ussd() -> tuple[str, int, dict[str, str]]:
        form = request.form
        key, text = f"plain:{form['sessionId']}", form.get("text", "")
        stored = redis.get(key)
        before = json.loads(stored) if isinstance(stored, bytes) else None
        body, after = step(before, text.rpartition("*")[2], form["phoneNumber"])
        if before and body.startswith("END Done") and engine is not None:
            row = {"session": form["sessionId"], **{name: before[name] for name in ("phone", "number", "d")}}
            with engine.begin() as connection:
                connection.execute(INSERT, row)
        if after is None:
            redis.delete(key)
        else:
            redis.set(key, json.dumps(after), ex=TTL_S)
        return body, 200, {"Content-Type": "text/plain; charset=utf-8"}

    return app
