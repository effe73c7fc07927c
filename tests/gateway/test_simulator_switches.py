"""The switches themselves: documented, read and changed over HTTP, refused by name."""

import pytest
import requests

from gateway.simulator.switches import SwitchBoard, SwitchError, Switches
from tests.gateway.stub_gateway import PHONE, far_side


def test_switches_are_read_and_changed_over_http() -> None:
    with far_side() as (gateway, phone):
        url = f"{phone.far_side.url}/switches"
        assert requests.get(url, timeout=5).json() == Switches().model_dump(mode="json")
        assert requests.put(url, json={"network": "sandbox"}, timeout=5).json()["network"] == "sandbox"
        refused = requests.put(url, json={"network": "live", "first_txt": "empty"}, timeout=5)
        assert refused.status_code == 422
        assert refused.json()["error"].startswith("unknown: first_txt; known: first_text, empty_send,")
        assert requests.put(url, json={"pager": -1}, timeout=5).status_code == 422
        assert requests.put(url, json=["pager"], timeout=5).status_code == 422
        phone.post("dial", phone=PHONE, code="*964#", network="41805")
        assert gateway.of("ussd")[0].fields["networkCode"] == "99999"


def test_every_switch_is_documented_and_a_refused_patch_changes_nothing() -> None:
    assert all(field.description for field in Switches.model_fields.values())
    board = SwitchBoard()
    with pytest.raises(SwitchError, match="pager"):
        board.change({"omit_network": True, "pager": "many"})
    assert board.now == Switches()
