"""The Flask application: every route of the gateway on one runtime.

Decides: which blueprints are served. Must not know: what they do.
"""

from flask import Flask, Response

from gateway.api import api
from gateway.callbacks import MAX_BODY, secret_check
from gateway.delivery import delivery_callbacks
from gateway.health import health
from gateway.kannel import kannel_callbacks
from gateway.metrics import metrics
from gateway.runtime import Runtime
from gateway.simulator import page
from gateway.sms import sms_callbacks
from gateway.switchboard import Switchboard, switchboard
from gateway.ussd import ussd_callbacks


def create_app(runtime: Runtime, board: Switchboard | None = None) -> Flask:
    """The application for this runtime; its hops share `board` with the door's, where there is one."""
    app = Flask("gateway", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 4 * MAX_BODY
    app.register_blueprint(ussd_callbacks(board or switchboard(runtime)))
    app.register_blueprint(sms_callbacks(runtime))
    is_known = secret_check(runtime.settings.callback_secrets)
    app.register_blueprint(delivery_callbacks(runtime.db, is_known, runtime.now))
    app.register_blueprint(kannel_callbacks(runtime))
    app.register_blueprint(health(runtime))
    app.register_blueprint(metrics(runtime))
    app.register_blueprint(api(runtime))
    if runtime.settings.provider == "simulator" and runtime.settings.at_base_url:
        root = runtime.settings.at_base_url.removesuffix("/version1")
        app.register_blueprint(page.blueprint(root, runtime.settings.ussd_code, runtime.settings.sms_number))
    app.after_request(_headers)
    return app


def _headers(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    return response
