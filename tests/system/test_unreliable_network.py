"""The running application on an unreliable network."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from gateway.runtime import Runtime
from tests.system import network


def test_a_network_that_repeats_loses_delays_and_drops_spoils_nothing(runtime: Runtime, database_url: str) -> None:
    class Machine(network.Network):
        pass

    Machine.runtime, Machine.database_url = runtime, database_url
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
