"""The officers' JSON API under /api/v1: `api(runtime)` is its blueprint, the other modules are its parts."""

from gateway.api.blueprint import api

__all__ = ["api"]
