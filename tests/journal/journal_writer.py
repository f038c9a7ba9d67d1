"""A process that writes into a journal for ever and prints each number once it is confirmed; to be killed."""

import asyncio
import sys
from pathlib import Path

from journal_bench import NAME, alarm, batch, event

from edge_agent.clock import SystemClock
from edge_agent.config_types import JournalConfig
from edge_agent.journal.journal import Journal
from protocols.upstream.messages import Stream

WRITERS = 3


async def write(journal: Journal, began: int, writer: int) -> None:
    """Event, alarm, event...; a print is unbuffered, so what was printed was confirmed before."""
    for number in range(began + writer, sys.maxsize, WRITERS):
        alarm_seq, event_seq = await journal.append(batch(alarm(f"a{number}"), event(number)))
        sys.stdout.write(f"alarm {alarm_seq} a{number}\nevent {event_seq} e{number}\n")
        sys.stdout.flush()
        if number % 5 == 0:
            await journal.mark_delivered(Stream.EVENT, event_seq)
            sys.stdout.write(f"delivered {event_seq} e{number}\n")
            sys.stdout.flush()


async def main(directory: Path, began: int) -> None:
    path = directory / NAME
    journal = await Journal.open(path, SystemClock(), JournalConfig(path=str(path)))
    await asyncio.gather(*(write(journal, began, writer) for writer in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
