"""The service: `python -m edge_agent -c FILE [--set KEY=VALUE ...]`. It ends on SIGTERM or SIGINT, with nothing lost.

Exit codes: 0 ended as asked, 1 the journal cannot be used, 2 the configuration or the command is wrong.
"""

import argparse
import asyncio
import logging
import signal
import sys

from edge_agent import AgentError, logs, points
from edge_agent.app import Agent, service_ports
from edge_agent.config import load_config
from edge_agent.config_types import AgentConfig
from protocols import ProtocolError

_CANNOT = 1
_WRONG = 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m edge_agent",
        description="Reads lift controllers, sees that people are trapped, and gets the alarm upstream.",
        epilog="example: python -m edge_agent -c /etc/liftwarden/agent.yaml --set link.port=/dev/ttyUSB0",
    )
    parser.add_argument("-c", "--config", required=True, metavar="FILE", help="the configuration (YAML)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="lay a value over the file's; repeatable"
    )
    return parser.parse_args()


def _overrides(settings: list[str]) -> dict[str, str]:
    pairs = [setting.partition("=") for setting in settings]
    for key, equals, _ in pairs:
        if not key or not equals:
            raise AgentError(f"--set {key}: wants KEY=VALUE, as in link.port=/dev/ttyUSB0")
    return {key: value for key, _, value in pairs}


async def _run(config: AgentConfig) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await Agent(config, service_ports(config)).run(stop)


def main() -> int:
    """Run the service; its exit code."""
    given = _arguments()
    try:
        points.arm_from_environment()
        config = load_config(given.config, _overrides(given.set))
    except (AgentError, ProtocolError, ValueError) as error:
        print(error, file=sys.stderr)
        return _WRONG
    logs.configure(config.log.level)
    try:
        asyncio.run(_run(config))
    except (AgentError, ProtocolError) as error:
        logging.getLogger(__name__).error("agent.cannot problem=%s", error)  # noqa: TRY400  # one line, no traceback
        return _CANNOT
    return 0
