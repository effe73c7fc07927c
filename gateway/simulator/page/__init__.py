"""The handset in the browser: one page and a narrow way through to the far side's handset API.

It decides what passes; it must not know sessions or messages. Registered only with `PROVIDER=simulator`.
"""

from typing import Literal

import urllib3
from flask import Blueprint, Response, jsonify, render_template, request

from gateway.simulator.page.texts import NETWORKS, TEXTS

PASSED: dict[str, Literal["GET", "POST"]] = {
    "dial": "POST", "reply": "POST", "hangup": "POST", "text": "POST", "read": "POST", "inbox": "GET", "sent": "GET",
}  # fmt: skip
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAX_BODY = 16_384
PATIENCE = 30.0


def blueprint(simulator_url: str, ussd_code: str, sms_number: str) -> Blueprint:
    """`/phone` and its API; `simulator_url` is the far side, the code and number are those the page offers."""
    pages = Blueprint(
        "phone", __name__, url_prefix="/phone", template_folder="templates", static_folder="static",
        static_url_path="/static",
    )  # fmt: skip
    pool = urllib3.PoolManager(maxsize=16, retries=False)
    root = simulator_url.rstrip("/")

    @pages.get("", strict_slashes=False)
    def phone() -> str:
        language = "en" if request.args.get("lang") == "en" else "ar"
        return render_template(
            "phone.html", lang=language, texts=TEXTS[language], networks=NETWORKS, code=ussd_code, number=sms_number
        )

    @pages.route("/api/<path:path>", methods=["GET", "POST"])
    def passed(path: str) -> Response | tuple[Response, int]:
        if PASSED.get(path) != request.method:
            return jsonify(error="no such route"), 404
        if request.method == "POST" and not (request.is_json and (request.content_length or 0) <= MAX_BODY):
            return jsonify(error="a small JSON body is wanted"), 415
        return _through(pool, f"{root}/handset/{path}")

    @pages.after_request
    def guarded(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CONTENT_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return pages


def _through(pool: urllib3.PoolManager, url: str) -> Response | tuple[Response, int]:
    """The far side's answer as it is; 504 or 502 with a reason when it is slow or away."""
    query = request.query_string.decode("ascii", "replace")
    try:
        reply = pool.request(
            request.method, f"{url}?{query}" if query else url, body=request.get_data() or None,
            headers={"Content-Type": "application/json"}, timeout=urllib3.Timeout(total=PATIENCE), redirect=False,
        )  # fmt: skip
    except urllib3.exceptions.HTTPError as error:
        away = isinstance(error, urllib3.exceptions.NewConnectionError)
        if isinstance(error, urllib3.exceptions.TimeoutError) and not away:
            return jsonify(error=f"the simulator did not answer within {PATIENCE:g} s"), 504
        return jsonify(error="the simulator is not running"), 502
    return Response(reply.data, reply.status, content_type="application/json")
