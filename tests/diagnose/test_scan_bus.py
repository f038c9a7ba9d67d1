"""A scan on a bus in virtual time: who is found, at what speed, what is asked, and when it keeps quiet."""

import asyncio
from collections.abc import Callable

import pytest

from edge_agent.diagnose.scan import Scanner
from edge_agent.diagnose.scan_found import FoundSlave, How
from edge_agent.diagnose.scan_plan import FIRST_LISTEN_NS, PARITIES, longest_ns, make_plan
from edge_agent.diagnose.scan_quiet import LineInUse
from edge_agent.ports import PortError
from hil.bus.copper_bench import CopperBench
from hil.bus.copper_nodes import AsksSpec, SlaveSpec
from hil.bus.copper_port import Adapter
from hil.bus.memory import MEMORY_PORT
from hil.loop import VirtualClock, run_virtual, running_loop
from protocols.modbus.crc import append_crc
from protocols.modbus.line import LineSettings
from tests.diagnose.scan_bench import BOX, COMMON, DRIVE, MS, RARE, S, Site, on_site, registers, silent_elsewhere


def speed(scanner: Scanner) -> int | None:
    """This bus's port has no error counters: only the speed is certain."""
    return None if scanner.line is None else scanner.line.baud


def hows(found: dict[int, FoundSlave]) -> dict[int, How]:
    return {slave: one.how for slave, one in sorted(found.items())}


def test_every_slave_of_the_line_is_found_by_its_answer_or_its_exception() -> None:
    async def script(site: Site) -> None:
        site.add(1, registers(1, {0x0010: 5}))
        site.add(30, registers(30, {}))
        site.add(247, silent_elsewhere(247, 0x0010, 19))
        scanner = site.scanner()
        await scanner.run()
        assert scanner.line == COMMON
        assert hows(scanner.found) == {1: How.ANSWER, 30: How.EXCEPTION, 247: How.ANSWER}
        assert "illegal data address" in scanner.found[30].detail

    on_site(script)


def test_a_line_that_is_not_the_first_is_found_and_then_only_that_is_asked_on() -> None:
    async def script(site: Site) -> None:
        site.add(2, registers(2, {}))
        site.add(99, registers(99, {}))
        scanner = site.scanner()
        await scanner.run()
        assert (speed(scanner), hows(scanner.found)) == (38400, {2: How.EXCEPTION, 99: How.EXCEPTION})
        assert len(site.asked) < 400

    on_site(script, RARE)


def test_an_unlikely_address_on_an_unlikely_line_is_found_in_the_sweep_over_everything() -> None:
    async def script(site: Site) -> None:
        site.add(99, registers(99, {}))
        scanner = site.scanner(bauds=(9600, 38400))
        await scanner.run()
        assert (speed(scanner), hows(scanner.found)) == (38400, {99: How.EXCEPTION})

    on_site(script, RARE)


def test_a_slave_that_answers_in_another_ones_turn_is_asked_again_with_patience() -> None:
    async def script(site: Site) -> None:
        site.add(1, registers(1, {0x0010: 5}))
        site.add(60, registers(60, {0x0010: 5}), latency_ms=190)
        scanner = site.scanner(slaves=(1, *range(55, 70)))
        await scanner.run()
        assert hows(scanner.found) == {1: How.ANSWER, 60: How.ANSWER}

    on_site(script)


def test_a_damaged_answer_of_the_right_shape_tells_that_somebody_is_there() -> None:
    async def script(site: Site) -> None:
        site.add(1, registers(1, {0x0010: 5}))
        site.add(9, lambda adu: registers(9, {0x0010: 5})(adu)[:-1] + b"\x00")
        site.add(10, lambda _adu: b"\xff\x00\xff")
        scanner = site.scanner(slaves=(1, 8, 9, 10))
        await scanner.run()
        assert hows(scanner.found) == {1: How.ANSWER, 9: How.DAMAGED}

    on_site(script)


def test_an_answer_that_was_damaged_once_is_asked_for_again() -> None:
    async def script(site: Site) -> None:
        said: list[bytes] = []

        def once_damaged(adu: bytes) -> bytes:
            said.append(adu)
            good = registers(3, {0x0010: 5})(adu)
            return good if len(said) > 1 else good[:-1] + b"\x00"

        site.add(3, once_damaged)
        scanner = site.scanner(slaves=(3,), bauds=(9600,))
        await scanner.run()
        assert (scanner.line, hows(scanner.found)) == (COMMON, {3: How.ANSWER})
        first, again = site.asked[:2]
        assert again.data == first.data
        assert again.t_start_ns - first.t_start_ns < 400 * MS  # one time-out, and no listening on the next line

    on_site(script)


def test_where_every_answer_is_damaged_the_line_is_the_one_on_which_they_came() -> None:
    async def script(site: Site) -> None:
        site.add(3, lambda adu: registers(3, {0x0010: 5})(adu)[:-1] + b"\x00")
        scanner = site.scanner(slaves=(2, 3), bauds=(9600, 38400))
        await scanner.run()
        assert (speed(scanner), hows(scanner.found)) == (38400, {3: How.DAMAGED})

    on_site(script, RARE)


def test_damage_on_another_line_is_forgotten_once_somebody_is_understood() -> None:
    async def script(site: Site) -> None:
        site.add(2, registers(2, {0x0010: 5}))
        site.add(1, lambda adu: registers(1, {0x0010: 5})(adu)[:-1] + b"\x00", line=COMMON)  # set to another speed
        scanner = site.scanner(slaves=(1, 2), bauds=(9600, 38400))
        await scanner.run()
        assert (speed(scanner), hows(scanner.found)) == (38400, {2: How.ANSWER})

    on_site(script, RARE)


def test_nobody_is_there_and_nothing_is_claimed_within_the_time_told_before() -> None:
    async def script(site: Site) -> None:
        scanner = site.scanner(slaves=range(1, 20), bauds=(9600, 19200))
        longest = longest_ns(make_plan((BOX, DRIVE), tuple(range(1, 20)), (9600, 19200), PARITIES))
        await scanner.run()
        assert (scanner.line, scanner.found) == (None, {})
        assert 0.8 * longest < running_loop().now_ns <= longest

    on_site(script)


def test_it_listens_before_it_speaks() -> None:
    async def script(site: Site) -> None:
        await site.scanner(slaves=(1,), bauds=(9600,)).run()
        assert site.asked[0].t_start_ns >= FIRST_LISTEN_NS

    on_site(script)


@pytest.mark.parametrize("line", [COMMON, RARE], ids=str)
def test_where_somebody_speaks_it_says_who_at_what_speed_and_sends_nothing(line: LineSettings) -> None:
    async def script(site: Site) -> None:
        site.add(17, registers(17, {0x0010: 5}))
        site.speak(append_crc(b"\x11\x03\x00\x10\x00\x01"), every_ms=500)
        with pytest.raises(LineInUse) as caught:
            await site.scanner().run()
        said = f"somebody speaks at {line.baud} Bd, parity not known (slaves heard: 17, every 500 ms)"
        assert said in str(caught.value)
        assert "--force" in str(caught.value)
        assert site.asked == []

    on_site(script, line)


def test_bytes_that_no_setting_can_read_stop_it_as_well() -> None:
    async def script(site: Site) -> None:
        site.speak(bytes(range(100, 120)), every_ms=500)
        with pytest.raises(LineInUse, match="none of these settings can read"):
            await site.scanner(bauds=(9600,)).run()
        assert site.asked == []

    on_site(script)


def test_a_few_bytes_of_noise_do_not_stop_it() -> None:
    async def script(site: Site) -> None:
        site.add(1, registers(1, {0x0010: 5}))
        noisy = site.segment.attach("noise", lambda _data, _t_ns: None)
        running_loop().call_at_ns(300 * MS, noisy.send, b"\xff\x00")
        scanner = site.scanner(slaves=(1,))
        await scanner.run()
        assert hows(scanner.found) == {1: How.ANSWER}

    on_site(script)


def test_a_master_that_begins_while_it_asks_stops_it() -> None:
    async def script(site: Site) -> None:
        site.add(1, registers(1, {0x0010: 5}))
        end = site.segment.attach("other", lambda _data, _t_ns: None)
        for at_ms in range(3000, 30_000, 70):
            running_loop().call_at_ns(at_ms * MS, end.send, append_crc(b"\x11\x03\x00\x10\x00\x01"))
        with pytest.raises(LineInUse, match="another master"):
            await site.scanner().run()
        assert running_loop().now_ns < 6 * S

    on_site(script)


def test_a_master_that_begins_on_a_later_line_is_heard_before_anything_is_asked_there() -> None:
    async def script(site: Site) -> None:
        end = site.segment.attach("other", lambda _data, _t_ns: None)
        for at_ms in range(2700, 60_000, 90):
            running_loop().call_at_ns(at_ms * MS, end.send, append_crc(b"\x11\x03\x00\x10\x00\x01"))
        with pytest.raises(LineInUse, match=r"somebody speaks at 38400 Bd"):
            await site.scanner(slaves=(9,), bauds=(9600, 38400)).run()

    on_site(script, RARE)


def test_forced_it_asks_beside_another_master_on_that_ones_line_only() -> None:
    async def script(site: Site) -> None:
        site.add(1, registers(1, {0x0010: 5}))
        site.speak(append_crc(b"\x11\x03\x00\x10\x00\x01"), every_ms=700)
        scanner = site.scanner(slaves=(1, 2), force=True)
        await scanner.run()
        assert (speed(scanner), hows(scanner.found)) == (38400, {1: How.ANSWER})

    on_site(script, RARE)


def test_only_function_03_is_sent_and_nothing_that_a_profile_denies() -> None:
    async def script(site: Site) -> None:
        site.add(1, registers(1, {0x3016: 0x0102}))
        site.add(247, silent_elsewhere(247, 0x0010, 19))
        await site.scanner().run()
        denied = {
            register
            for profile in (BOX, DRIVE)
            for one in profile.deny
            for register in range(one.address, one.address + one.count)
        }
        for tapped in site.asked:
            address, count = (int.from_bytes(tapped.data[at : at + 2], "big") for at in (2, 4))
            assert tapped.data[1] == 3
            assert not denied.intersection(range(address, address + count))

    on_site(script)


def test_progress_only_grows_and_ends_at_the_end() -> None:
    async def script(site: Site) -> None:
        site.add(1, registers(1, {0x0010: 5}))
        await site.scanner(slaves=range(1, 40)).run()
        last = site.progress[-1]
        assert last.left_ns == 0
        assert last.done == 1.0
        assert [one.done for one in site.progress] == sorted(one.done for one in site.progress)

    on_site(script)


def test_what_was_found_is_known_when_it_is_cut_off() -> None:
    async def script(site: Site) -> None:
        site.add(1, registers(1, {0x0010: 5}))
        scanner = site.scanner()
        task = asyncio.create_task(scanner.run())
        await asyncio.sleep(6)
        task.cancel()
        await asyncio.wait([task])
        assert (scanner.line, hows(scanner.found)) == (COMMON, {1: How.ANSWER})
        await site.port(MEMORY_PORT, COMMON, lambda _data, _t_ns: None, lambda _error: None)

    on_site(script)


def test_a_port_that_is_lost_ends_it_with_its_own_line() -> None:
    async def script(site: Site) -> None:
        site.add(1, registers(1, {0x0010: 5}))
        running_loop().call_at_ns(5 * S, site.port.unplug)
        scanner = site.scanner()
        with pytest.raises(PortError, match="unplugged"):
            await scanner.run()
        assert hows(scanner.found) == {1: How.ANSWER}

    on_site(script)


# parity, on a bus bit by bit


def on_copper(bench: Callable[[], CopperBench]) -> tuple[Scanner, LineInUse | None]:
    async def run() -> tuple[Scanner, LineInUse | None]:
        plan = make_plan((BOX, DRIVE), (1, 2, 3), (9600, 38400), PARITIES)
        scanner = Scanner(bench().opener, "copper", VirtualClock(), plan, (BOX, DRIVE), lambda _progress: None)
        try:
            await scanner.run()
        except LineInUse as error:
            return scanner, error
        return scanner, None

    return run_virtual(run())


@pytest.mark.parametrize("checks_chars", [True, False], ids=["strict", "lenient"])
def test_the_error_counters_tell_the_parity_whether_the_slave_minds_or_not(checks_chars: bool) -> None:
    spec = SlaveSpec(2, checks_chars=checks_chars)
    scanner, _ = on_copper(lambda: CopperBench([spec], line=RARE))
    assert (scanner.line, scanner.also, list(scanner.found)) == (RARE, (), [2])


def test_without_error_counters_every_parity_that_works_is_told() -> None:
    spec = SlaveSpec(2, checks_chars=False)
    scanner, _ = on_copper(lambda: CopperBench([spec], line=RARE, adapter=Adapter(counts_errors=False)))
    assert scanner.line is not None
    assert RARE in (scanner.line, *scanner.also)
    assert {line.baud for line in (scanner.line, *scanner.also)} == {38400}
    assert len(scanner.also) >= 1


def test_the_line_of_another_master_is_told_with_its_parity() -> None:
    _, error = on_copper(lambda: CopperBench([SlaveSpec(2)], line=RARE, second_master=AsksSpec(slave=2)))
    assert f"somebody speaks at {RARE} (slaves heard: 2" in str(error)
