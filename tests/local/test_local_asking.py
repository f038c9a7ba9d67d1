"""AgentClient and LocalServer against each other on a real Unix socket."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from local_bench import WITHIN_S, row, served

from edge_agent import AgentError
from edge_agent.journal.errors import JournalError
from edge_agent.local.client import AgentClient
from edge_agent.local.views import Reply, Request


@contextmanager
def answering(path: Path, *lines: bytes) -> Iterator[AgentClient]:
    """An agent that says these lines to its first client, whatever that asks, and goes."""

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"".join(lines))

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        agent = threading.Thread(target=serve, args=(listener,))
        agent.start()
        try:
            yield AgentClient(str(path))
        finally:
            agent.join(WITHIN_S)


async def test_a_request_gets_its_reply(tmp_path: Path) -> None:
    async with served(tmp_path / "s") as agent:
        assert await agent.ask(Request("events", limit=7)) == Reply(registers=[row(7)])
        assert await agent.ask(Request("events")) == Reply(registers=[row(50)])


async def test_the_answer_sees_the_request_as_it_was_asked(tmp_path: Path) -> None:
    asked: list[Request] = []

    async def note(request: Request) -> Reply:
        asked.append(request)
        return Reply()

    async with served(tmp_path / "s", note) as agent:
        await agent.ask(Request("why", limit=3, period_s=0.25))
    assert asked == [Request("why", limit=3, period_s=0.25)]


async def test_an_error_reply_is_raised_with_its_line(tmp_path: Path) -> None:
    async def refuse(request: Request) -> Reply:
        return Reply(error=f"no operation {request.op!r}")

    async with served(tmp_path / "s", refuse) as agent:
        with pytest.raises(AgentError) as refused:
            await agent.ask(Request("dance"))
        assert str(refused.value) == "no operation 'dance'"


async def test_what_the_agent_cannot_answer_now_is_told_in_its_line(tmp_path: Path) -> None:
    async def refuse(_request: Request) -> Reply:
        raise JournalError("journal /x: the disk refuses")

    async with served(tmp_path / "s", refuse) as agent:
        for _ in range(2):
            with pytest.raises(AgentError, match=r"^journal /x: the disk refuses$"):
                await agent.ask(Request("events"))


async def test_a_watch_goes_on_until_the_client_stops(tmp_path: Path) -> None:
    looks = 0

    async def count(_request: Request) -> Reply:
        nonlocal looks
        looks += 1
        return Reply(registers=[row(looks)])

    def watch(client: AgentClient) -> list[int]:
        replies = client.stream(Request("watch", period_s=0.0))
        return [next(replies).registers[0].address for _ in range(3)]

    async with served(tmp_path / "s", count) as agent:
        assert await asyncio.wait_for(asyncio.to_thread(watch, agent.client), WITHIN_S) == [1, 2, 3]


async def test_an_error_in_a_watch_is_raised(tmp_path: Path) -> None:
    async def refuse(_request: Request) -> Reply:
        return Reply(error="no lift is read yet")

    async with served(tmp_path / "s", refuse) as agent:
        with pytest.raises(AgentError, match=r"^no lift is read yet$"):
            await asyncio.to_thread(next, agent.client.stream(Request("watch")))


async def test_a_watch_ends_in_one_line_when_the_agent_stops(tmp_path: Path) -> None:
    async with served(tmp_path / "s") as agent:
        replies = agent.client.stream(Request("watch", period_s=60.0))
        assert (await asyncio.to_thread(next, replies)).registers == [row(50)]
        await agent.stop()
        with pytest.raises(AgentError) as ended:
            await asyncio.wait_for(asyncio.to_thread(next, replies), WITHIN_S)
        assert str(ended.value) == f"{agent.path}: the agent closed the connection; is it stopping?"


@pytest.mark.parametrize("stale", [False, True], ids=["nothing there", "a stale socket"])
def test_without_an_agent_one_line_says_how_to_start_it(tmp_path: Path, stale: bool) -> None:
    path = tmp_path / "s"
    if stale:
        with socket.socket(socket.AF_UNIX) as left_over:
            left_over.bind(str(path))
    with pytest.raises(AgentError) as refused:
        AgentClient(str(path)).ask(Request("health"))
    assert str(refused.value) == (
        f"{path}: no agent listens there; start it: liftwarden run -c FILE, or name its socket: --socket PATH"
    )


def test_without_permission_one_line_says_whom_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_connection: socket.socket, _path: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(AgentError, match=r"no permission to talk to the agent; run as its user or as root$"):
        AgentClient(str(tmp_path / "s")).ask(Request("health"))


@pytest.mark.parametrize("line", [b"hello\n", b'{"error":5}\n', b'{"error":"\xff"}\n', b"[]\n"], ids=str)
def test_an_answer_that_is_not_understood_asks_for_the_version(tmp_path: Path, line: bytes) -> None:
    with answering(tmp_path / "s", line) as client, pytest.raises(AgentError) as refused:
        client.ask(Request("health"))
    assert str(refused.value) == f"{tmp_path / 's'}: the agent's answer is not understood; same version at both ends?"


def test_an_agent_that_stops_instead_of_answering_is_not_taken_for_another_version(tmp_path: Path) -> None:
    with answering(tmp_path / "s") as client, pytest.raises(AgentError) as refused:
        client.ask(Request("health"))
    assert str(refused.value) == f"{tmp_path / 's'}: the agent closed the connection; is it stopping?"


def test_an_agent_that_does_not_answer_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.local.client._ANSWER_WITHIN_S", 0.01)
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "s"))
        mute.listen()
        with pytest.raises(AgentError, match=r"s: the agent does not answer: timed out; try again$"):
            AgentClient(str(tmp_path / "s")).ask(Request("health"))
