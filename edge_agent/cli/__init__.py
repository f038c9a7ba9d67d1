"""The command line, for people beside the box; the running service never imports it.

Exit codes: 0 done; 1 it could not be done (one line on standard error says why); 2 wrong usage; 3 what was to be
checked is bad; 130 Ctrl-C.
"""

import io
import sys

_INTERRUPTED = 130


def main() -> None:
    """The console script `liftwarden`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Chinese shows "?" instead of stopping
    try:
        from edge_agent.cli.app import app  # noqa: PLC0415  # so that Ctrl-C is silent during the import as well

        app(prog_name="liftwarden")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
