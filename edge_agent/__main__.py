"""`python -m edge_agent`: the service (`service.py`). A Ctrl-C while it is still loading ends it without a word."""

import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)

from edge_agent.service import main  # noqa: E402  # loading takes a while

if __name__ == "__main__":
    sys.exit(main())
