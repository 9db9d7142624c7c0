"""Options that every command has."""

from __future__ import annotations

import click

__all__ = ["DEBUG", "METHODS", "OPTIMIZERS", "debug_option"]

# the names in ucch.training.STRATEGIES, which would take a second to import
OPTIMIZERS = (
    "momentum",
    "straight-through",
    "continuation",
    "greedy",
    "bi-half",
    "bop",
    "discrete",
    "itq",
    "quantization",
    "none",
)
# recipes of the baselines, which learn without labels: ucch.baselines.BASELINES and the deep ones
METHODS = ("lsh", "sign", "itq", "cca-itq", "cvh", "cmfh", "lssh", "fsh", "djsrh", "jdsh", "dgcpn", "cirh")
DEBUG = "ucch.debug"  # the place in a click context where the group looks


def _remember(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    ctx.meta[DEBUG] = value


debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, callback=_remember, help="Show the traceback of a failure."
)
