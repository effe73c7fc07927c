"""`python -m bench.chaos`: a run as long as you like, and its counts; exit code 1 where one is lost or doubled."""

import random
import sys
import tempfile
from pathlib import Path

import click

from bench.chaos.run import run


@click.command()
@click.option("--seconds", default=300.0, show_default=True, help="how long things break")
@click.option("--cases", default=400, show_default=True, help="cases to begin with")
@click.option("--writers", default=4, show_default=True, help="writers of each kind: SQL, API")
@click.option("--trouble", default=0.08, show_default=True, help="share of requests that the far side spoils")
@click.option("--settle", "settle_s", default=120.0, show_default=True, help="seconds of peace before the count")
@click.option("--seed", type=int, help="of the faults' order; the rest is left to chance")
@click.option("--keep", type=click.Path(path_type=Path), help="leave store, ledger and logs in this directory")
def chaos(
    seconds: float, cases: int, writers: int, trouble: float, settle_s: float, seed: int | None, keep: Path | None
) -> None:
    """Break everything for a while, and count what became of every change."""
    seed = random.randrange(10**6) if seed is None else seed
    random.seed(seed)
    click.echo(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="missan-chaos-") as made:
        directory = keep or Path(made)
        directory.mkdir(parents=True, exist_ok=True)
        report = run(directory, seconds=seconds, cases=cases, writers=writers, trouble=trouble, settle_s=settle_s)
    click.echo("\n".join(report.lines()))
    sys.exit(1 if any(report.faults.values()) or report.deserters else 0)


if __name__ == "__main__":
    chaos()
