"""`make bench`: measure, and print ratios. Needs two processors, gcc, node, and npm for the peer's packages.

make bench ARGS="--rounds 1 --seconds 3" is a quick look; the targets are those of five rounds of ten seconds.
"""

from collections.abc import Callable

import click

from bench import answers, hops, live_sessions, queued_million, sending, whole_path
from bench.world import world

DELIVERY: dict[str, Callable[[], None]] = {
    "sending": sending.run,
    "path": whole_path.run,
    "answers": answers.run,
    "million": queued_million.run,
}
"""Each has servers of its own and prints its own targets."""


@click.command()
@click.option("--rounds", default=5, show_default=True, help="each peer once in each")
@click.option("--seconds", default=10.0, show_default=True, help="of one run")
@click.option("--only", type=click.Choice(["2core", "1core", "sessions", *DELIVERY]), help="a part")
def bench(rounds: int, seconds: float, only: str | None) -> None:
    """The gateway beside its peers: hops, then 100,000 live sessions; the parts of delivery when they are named."""
    if only is not None and only in DELIVERY:
        DELIVERY[only]()
        return
    held = []
    with world() as made:
        for name, layout in (("2core", hops.TWO_CORES), ("1core", hops.ONE_CORE)):
            if only in (None, name):
                print(f"\n{layout.name}", flush=True)
                done = hops.measure(made, layout, rounds, seconds)
                print(hops.table(layout, done), flush=True)
                held += [(f"{layout.name}: {what}", *rest) for what, *rest in hops.targets(layout, done)]
        if only in (None, "sessions"):
            print("\n100,000 live sessions", flush=True)
            held += live_sessions.targets(live_sessions.measure(made, seconds))
    print("\ntargets, by the worst round")
    for what, worst, target, holds in held:
        print(f"  {'holds' if holds else 'MISSED':6}  {what}: {worst:.2f} (target {target})")


if __name__ == "__main__":
    bench()
