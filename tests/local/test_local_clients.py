"""Clients that babble, crowd, stall or vanish, and sockets that cannot be had: the agent goes on."""

import asyncio
import gc
import logging
import os
import select
import socket
import stat
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest
from local_bench import WITHIN_S, echo, raw, row, served, turns

from edge_agent.local.server import MAX_CLIENTS
from edge_agent.local.views import Reply, Request

HEALTH = msgspec.json.encode(Request("health")) + b"\n"
WATCH = msgspec.json.encode(Request("watch", period_s=60.0)) + b"\n"
GARBAGE = [b"hello\n", b"{}\n", b"\n", b'{"op":5}\n', b'{"op":"\xff"}\n', b"\x00\xff\n", b'{"op":"x","limit":"many"}\n']


@pytest.mark.parametrize("line", GARBAGE, ids=str)
async def test_a_line_that_is_no_request_is_answered_and_the_next_one_too(tmp_path: Path, line: bytes) -> None:
    async with served(tmp_path / "s"), raw(tmp_path / "s") as client:
        await client.say(line)
        reply = await client.hear()
        assert reply is not None
        assert reply.error.startswith("not a request: ")
        assert "\n" not in reply.error
        await client.say(HEALTH)
        assert await client.hear() == Reply(registers=[row(50)])


async def test_a_line_without_an_end_costs_its_sender_the_connection_and_nobody_else(tmp_path: Path) -> None:
    async with served(tmp_path / "s") as agent, raw(tmp_path / "s") as client:
        await client.say(b"x" * 20_000)
        assert await client.hear() is None
        assert await agent.ask(Request("health")) == Reply(registers=[row(50)])


async def test_a_client_too_many_is_told_and_there_is_room_again_when_one_goes(tmp_path: Path) -> None:
    async with served(tmp_path / "s"), AsyncExitStack() as crowd:
        clients = [await crowd.enter_async_context(raw(tmp_path / "s")) for _ in range(MAX_CLIENTS)]
        for client in clients:
            await client.say(HEALTH)
            assert await client.hear() == Reply(registers=[row(50)])
        async with raw(tmp_path / "s") as late:
            await turns()
            await late.say(HEALTH)
            assert await late.hear() == Reply(error=f"{MAX_CLIENTS} clients are connected already; close one")
            assert await late.hear() is None
        clients[0].writer.close()
        await turns()
        async with raw(tmp_path / "s") as next_one:
            await next_one.say(HEALTH)
            assert await next_one.hear() == Reply(registers=[row(50)])


async def test_a_silent_client_too_many_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.local.server._WRITE_WITHIN_S", 0.01)
    async with served(tmp_path / "s"), AsyncExitStack() as crowd:
        for _ in range(MAX_CLIENTS):
            await crowd.enter_async_context(raw(tmp_path / "s"))
        async with raw(tmp_path / "s") as late:
            reply = await late.hear()
            assert reply is None or "clients are connected already" in reply.error
            assert await late.hear() is None


async def test_an_idle_client_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.local.server._IDLE_S", 0.01)
    async with served(tmp_path / "s"), raw(tmp_path / "s") as client:
        assert await client.hear() is None


async def test_a_watching_client_that_goes_frees_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.local.server.MAX_CLIENTS", 1)
    async with served(tmp_path / "s"):
        for _ in range(3):
            async with raw(tmp_path / "s") as client:
                await client.say(WATCH)
                assert await client.hear() == Reply(registers=[row(50)])


async def test_a_client_that_goes_without_reading_leaves_no_trace(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(tmp_path / "s") as agent:
        for line in (HEALTH, WATCH):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(tmp_path / "s"))
                client.sendall(line)
                await asyncio.to_thread(select.select, [client], [], [], WITHIN_S)
            await turns()
            gc.collect()
        assert await agent.ask(Request("health")) == Reply(registers=[row(50)])
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_a_client_that_does_not_read_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.local.server._WRITE_WITHIN_S", 0.01)

    async def much(_request: Request) -> Reply:
        return Reply(registers=[row(address) for address in range(50_000)])

    def hung_up(client: socket.socket) -> bool:
        poll = select.poll()
        poll.register(client, select.POLLHUP)
        return bool(poll.poll(WITHIN_S * 1000))

    async with served(tmp_path / "s", much):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "s"))
            client.sendall(HEALTH)
            assert await asyncio.to_thread(hung_up, client)


async def test_a_slow_answer_to_one_does_not_hold_up_another(tmp_path: Path) -> None:
    async def slow_watch(request: Request) -> Reply:
        if request.op == "why":
            await asyncio.get_running_loop().create_future()
        return await echo(request)

    async with served(tmp_path / "s", slow_watch) as agent, raw(tmp_path / "s") as stuck:
        await stuck.say(msgspec.json.encode(Request("why")) + b"\n")
        assert await agent.ask(Request("health")) == Reply(registers=[row(50)])


async def test_only_the_agents_user_and_group_may_look(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        async with served(tmp_path / "s") as agent:
            await agent.ask(Request("health"))
            assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o660
    finally:
        os.umask(mask)


async def test_the_socket_is_removed_at_the_end(tmp_path: Path) -> None:
    async with served(tmp_path / "new" / "s") as agent:
        assert await agent.ask(Request("health")) == Reply(registers=[row(50)])
        await agent.stop()
        assert list((tmp_path / "new").iterdir()) == []


async def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(tmp_path / "s"))
    async with served(tmp_path / "s") as agent:
        assert agent.server.problem == ""
        assert await agent.ask(Request("health")) == Reply(registers=[row(50)])


async def test_a_socket_that_somebody_else_put_there_meanwhile_is_left_alone(tmp_path: Path) -> None:
    async with served(tmp_path / "s") as agent:
        (tmp_path / "s").rename(tmp_path / "moved")
        (tmp_path / "s").write_text("somebody else's")
        await agent.stop()
    assert (tmp_path / "s").read_text() == "somebody else's"


async def test_a_file_at_the_sockets_place_is_never_deleted(tmp_path: Path) -> None:
    """A slip in local.socket must not cost the journal."""
    (tmp_path / "journal.db").write_text("alarms")
    async with served(tmp_path / "journal.db") as agent:
        assert agent.task.done()
        assert agent.server.problem.startswith(f"{tmp_path / 'journal.db'}: no local socket: ")
    assert (tmp_path / "journal.db").read_text() == "alarms"


@pytest.mark.parametrize(
    ("place", "why"),
    [("x" * 120, "AF_UNIX path too long"), ("file/s", "File exists"), (".", "is already in use")],
    ids=["too long", "not below a directory", "a directory"],
)
async def test_a_socket_that_cannot_be_had_is_one_note_and_the_agent_goes_on(
    tmp_path: Path, place: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / place
    async with served(path) as agent:
        assert agent.task.done()
        assert agent.task.exception() is None
        problem = agent.server.problem
        assert problem.startswith(f"{path}: no local socket: ")
        assert problem.endswith(f"{why}; choose another local.socket")
        assert "\n" not in problem
    warnings = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert warnings == [f"local.unavailable problem={problem}"]
