"""What a slave that was found may be, by what its identity registers and its range say."""

import msgspec
import pytest

from edge_agent.diagnose.scan_identity import Verdict
from protocols.modbus.line import LineSettings
from protocols.profiles.schema import Identity, Profile
from tests.diagnose.scan_bench import BOX, COMMON, DRIVE, Says, Site, on_site, registers, silent_elsewhere


def likely(says: Says, slave: int, profile: Profile, line: LineSettings) -> list[tuple[str, Verdict, str]]:
    found: list[tuple[str, Verdict, str]] = []

    async def script(site: Site) -> None:
        site.add(slave, says)
        scanner = site.scanner(slaves=(slave,), profiles=(profile,))
        await scanner.run()
        found.extend((one.profile, one.verdict, one.reason.en) for one in scanner.found[slave].likenesses)

    on_site(script, line)
    return found


DRIVE_LINE = LineSettings.parse(DRIVE.line.default)


def identified(**stated: object) -> Profile:
    return msgspec.structs.replace(DRIVE, identity=(Identity(row="device_code", **stated),))  # type: ignore[arg-type]


def test_an_identity_without_a_stated_value_only_could_be_it_and_says_why() -> None:
    assert likely(registers(1, {0x3016: 0x0102}), 1, identified(), DRIVE_LINE) == [
        (
            "invt-chv180",
            Verdict.COULD_BE,
            "device_code (3016h) = 0102h; its profile states no value to compare with",
        )
    ]


@pytest.mark.parametrize("stated", [{"expect": (0x0102, 0x0103)}, {"within": (0x0100, 0x01FF)}])
def test_an_identity_with_the_stated_value_looks_like_it(stated: dict[str, object]) -> None:
    assert likely(registers(1, {0x3016: 0x0102}), 1, identified(**stated), DRIVE_LINE) == [
        ("invt-chv180", Verdict.LOOKS_LIKE, "device_code (3016h) = 0102h, as its profile states")
    ]


def test_an_identity_with_another_value_is_not_it() -> None:
    assert likely(registers(1, {0x3016: 0x0999}), 1, identified(expect=(0x0102,)), DRIVE_LINE) == []


def test_a_device_without_the_identity_register_is_not_it() -> None:
    assert likely(registers(1, {0x1001: 3}), 1, identified(expect=(0x0102,)), DRIVE_LINE) == []


def test_a_device_at_settings_that_the_profile_does_not_allow_is_not_it() -> None:
    assert likely(registers(1, {0x3016: 0x0102}), 1, identified(expect=(0x0102,)), COMMON) == []


def test_without_identity_registers_it_could_be_what_has_the_same_range() -> None:
    assert likely(silent_elsewhere(247, 0x0010, 19), 247, BOX, COMMON) == [
        ("stm32-lift-sensor", Verdict.COULD_BE, "0010h-0022h can be read; no register tells the type")
    ]
    assert likely(silent_elsewhere(247, 0x0010, 4), 247, BOX, COMMON) == []
