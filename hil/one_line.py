"""How the commands of the bench fail: one line on standard error and an exit code, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from hil import BenchError, UsageError
from protocols import ProtocolError
from sim import SimError

FAILED: Final = 1
USAGE: Final = 2
EXTRA: Final = "simpy"
NO_SIMULATOR: Final = "the simulator is not installed; install it with: pip install 'liftwarden[hil]'"


@contextmanager
def one_line() -> Iterator[None]:
    """Turn what a person can do something about into one line and an exit code."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != EXTRA:
            raise
        _fail(NO_SIMULATOR, FAILED)
    except UsageError as error:
        _fail(str(error), USAGE)
    except (BenchError, ProtocolError, SimError) as error:
        _fail(str(error), FAILED)


def _fail(line: str, code: int) -> None:
    typer.echo(line, err=True)
    raise typer.Exit(code)
