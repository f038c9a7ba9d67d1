"""A technician's question to an agent that runs as a process, on its local socket."""

import asyncio
from typing import Final

import msgspec

from edge_agent.app import Reply, Request

_ANSWER_WITHIN_S: Final = 5.0


async def ask(socket: str, request: Request) -> Reply:
    """Its answer, or why there is none."""
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                writer.write(msgspec.json.encode(request) + b"\n")
                return msgspec.json.decode(await reader.readline(), type=Reply)
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError, msgspec.MsgspecError) as error:
        return Reply(error=f"the agent does not answer on its local socket: {error}")
