"""The fields of a `Request` as options of commands."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.commands.exits import refusals
from bench.plan.request import Request, flag, options, request_of, written


def asked(name: str) -> Any:
    """Return an option of `Request` for a command that reads it in a way of its own."""
    option = options()[name]
    flags = (flag(name), option.also) if option.also else (flag(name),)
    return typer.Option(*flags, help=option.help)


def takes_request(
    *names: str, **defaults: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command options of `Request`; it gets the request as its first argument.

    Parameters
    ----------
    *names : str
        Fields; without any, all.
    **defaults
        Of fields, where they differ from those of `Request`.
    """
    fields = names or tuple(options())

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        _, *own = inspect.signature(command, eval_str=True).parameters.values()

        @wraps(command)
        def read_and_run(**given: Any) -> None:
            typed = {name: given.pop(name) for name in fields}
            with refusals():
                request = request_of(typed, **defaults)
            command(request, **given)

        parameters = [*(_parameter(name, defaults) for name in fields), *own]
        signature = inspect.Signature(
            [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
        )
        read_and_run.__signature__ = signature  # type: ignore[attr-defined]
        read_and_run.__annotations__ = {one.name: one.annotation for one in parameters}
        return read_and_run

    return decorated


def _parameter(name: str, defaults: dict[str, Any]) -> inspect.Parameter:
    """Return an option as a parameter, whose default is as it would be typed."""
    default = defaults.get(name, getattr(Request, name))
    kind: Any = str | None
    declared = asked(name)
    if isinstance(default, bool):
        kind = bool
        declared = typer.Option(f"{flag(name)}/--no-{name}", help=options()[name].help)
    elif name == "kernel_folder":
        kind, default = list[Path] | None, None
    elif default is not None:
        default = options()[name].shown or written(default)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, declared],
    )
