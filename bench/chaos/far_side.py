"""The provider's far side under chaos: every acceptance is in a ledger before it is answered, and answers get lost.

Decides: what is taken, and how the answer goes wrong. Must not know: the gateway, beyond the address of its callbacks.
Run as a process of its own, so that it can be killed: `python -m bench.chaos.far_side PORT LEDGER TROUBLE CALLBACKS`.
"""

import json
import os
import queue
import random
import socket
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import requests

REPORT_AFTER_S = 0.3
REPORT_TRIES = 8


class Ledger:
    """What was taken, one JSON line each, in order; a killed process loses none of it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()

    def take(self, phone: str, text: str) -> str:
        """The provider's id of the message, now ours."""
        number = f"ATXid_{uuid.uuid4().hex}"
        line = json.dumps({"id": number, "phone": phone, "text": text}, ensure_ascii=False)
        with self._lock:
            os.write(self._file, f"{line}\n".encode())
        return number


class FarSide(ThreadingHTTPServer):
    """Answers `POST …/messaging`; `trouble` is the share of requests that go wrong somehow."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, ledger: Ledger, trouble: float, callbacks: str) -> None:
        self.ledger, self.trouble, self._callbacks = ledger, trouble, callbacks
        self.reports: queue.Queue[tuple[float, str, str]] = queue.Queue()
        super().__init__(("127.0.0.1", port), _Handler)
        threading.Thread(target=self._report, daemon=True).start()

    def _report(self) -> None:
        with requests.Session() as session:
            while True:
                due, number, phone = self.reports.get()
                time.sleep(max(0.0, due - time.monotonic()))
                form = {"id": number, "status": "Success", "phoneNumber": phone, "networkCode": "41820"}
                for _ in range(REPORT_TRIES):
                    if self._posted(session, form):
                        break
                    time.sleep(0.3)

    def _posted(self, session: requests.Session, form: dict[str, str]) -> bool:
        try:
            return session.post(f"{self._callbacks}/delivery", data=form, timeout=5).status_code == 200
        except requests.RequestException:
            return False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FarSide

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        phones, text = form["to"][0].split(","), form["message"][0]
        fate = random.random() / self.server.trouble if self.server.trouble else 1.0
        if fate < 0.25:  # cut before anything was taken
            return self._cut()
        if fate < 0.4:
            return self._say(503, b"busy", ("Retry-After", "1"))
        taken = fate >= 0.55  # below: each recipient is refused for now (code 500)
        body = self._answer([self._row(phone, text, taken) for phone in phones])
        if 0.55 <= fate < 0.8:  # taken, and nobody hears of it
            return self._cut()
        if 0.8 <= fate < 0.9:  # taken, and the answer breaks off
            return self._say(201, body[: len(body) // 2])
        if 0.9 <= fate < 1.0:
            time.sleep(1.0)
        return self._say(201, body)

    def _row(self, phone: str, text: str, taken: bool) -> dict[str, object]:
        if not taken:
            return {"statusCode": 500, "number": phone, "status": "Failed", "cost": "0", "messageId": "None"}
        number = self.server.ledger.take(phone, text)
        self.server.reports.put((time.monotonic() + REPORT_AFTER_S, number, phone))
        return {"statusCode": 101, "number": phone, "status": "Success", "cost": "KES 0.8000", "messageId": number}

    def _answer(self, rows: list[dict[str, object]]) -> bytes:
        return json.dumps({"SMSMessageData": {"Message": "Sent", "Recipients": rows}}).encode()

    def _say(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    port, path, trouble, callbacks = sys.argv[1:]
    FarSide(int(port), Ledger(Path(path)), float(trouble), callbacks).serve_forever(0.05)
