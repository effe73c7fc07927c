"""The running application on an unreliable network."""

from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from gateway import workflow_sync
from tests.fixtures import runtime_on
from tests.system import network
from tests.system.grid import grid


def test_a_network_that_repeats_loses_delays_and_drops_spoils_nothing(tmp_path: Path) -> None:
    with grid(tmp_path) as servers, runtime_on(servers.database_url, servers.redis_url, tmp_path) as runtime:
        workflow_sync.sync(runtime)

        class Machine(network.Network):
            pass

        Machine.runtime, Machine.servers = runtime, servers
        run_state_machine_as_test(
            Machine,
            settings=settings(
                derandomize=True,  # the same walks each time: a run of CI says what this change did
                max_examples=10,
                stateful_step_count=30,
                deadline=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
