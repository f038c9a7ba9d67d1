"""A configuration that cannot work is refused in one line: file, line, what, what to do."""

from pathlib import Path

import pytest

from edge_agent import AgentError
from edge_agent.config import load_config
from edge_agent.equipment import equipment_of
from edge_agent.loopback import is_loopback
from protocols import ProtocolError
from protocols.resources import config_text

EXAMPLE, _ = config_text("agent", "example")


def write(tmp_path: Path, *replacements: tuple[str, str]) -> Path:
    text = EXAMPLE
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "agent.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path: Path, overrides: dict[str, str] | None = None) -> str:
    with pytest.raises((AgentError, ProtocolError)) as caught:
        load_config(str(path), overrides)
    said = str(caught.value)
    assert "\n" not in said
    return said


def line_with(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("poll_period_s: null", "pol_period_s: 0.5", "did you mean poll_period_s (seconds)?"),
        ("poll_period_s: null", "poll_period_ms: 500", "poll_period_s"),
        ("poll_period_s: null", "poll_period_s: 500 ms", "500 ms"),
        ("poll_period_s: null", "poll_period_s: 0", "at least 0.1 seconds"),
        ("slave: 247", "slave: 248", "at most 247"),
        ("profile: stm32-lift-sensor", "profile: stm32-lift-senser", "did you mean stm32-lift-sensor?"),
        ("door_switch: open_end", "door_switch: open", "open_end"),
        ("door_switch: open_end", "door_swich: open_end", "did you mean door_switch?"),
        ("precedence: {}", "precedence: {flor: [box]}", "did you mean floor?"),
        ("precedence: {}", "precedence: {floor: [bix]}", "did you mean box?"),
        ("precedence: {}", "precedence: {car_calls: [box]}", "box does not give car_calls; it gives:"),
        ('line: "9600 8N1"', 'line: "19200 8E1"', "stm32-lift-sensor allows only 9600 8N1"),
        ("between_floors_suspect_s: 15.0", "between_floors_suspect_s: 45.0", "longer than between_floors_s"),
        ("between_floors_unknown_s: 60.0", "between_floors_unknown_s: 20.0", "shorter than between_floors_s"),
        ("at_landing_suspect_s: 40.0", "at_landing_suspect_s: 400.0", "longer than at_landing_s"),
        ('"mqtt://127.0.0.1:1883"', '"mqtt://broker.example:1883"', "use mqtts:// with uplink.tls"),
        ('"mqtt://127.0.0.1:1883"', '"mqtts://broker.example"', "needs uplink.tls"),
        ('"mqtt://127.0.0.1:1883"', '"mqtt://u:p@127.0.0.1"', "no credentials in the address"),
        ('"mqtt://127.0.0.1:1883"', '"127.0.0.1:1883"', "mqtt://HOST[:PORT]"),
        ('"mqtt://127.0.0.1:1883"', '"mqtt://127.0.0.1:99999"', "1 to 65535"),
        ("re_emit_s: [5.0", "re_emit_s: [0.0", "more than 0 s"),
        ("state_min_period_s: 1.0", "state_min_period_s: 100.0", "longer than state_max_period_s"),
        ("max_bus_use: 0.6", "max_bus_use: 0.01", "at least 0.05"),
        ("reported: 2,", "reported: 1,", "taken by lifts[0].floors[0]"),
        ("doors: [front]", "doors: [front, front]", "taken by lifts[0].doors[0]"),
        ('lang: ""', "lang: fr", "zh"),
    ],
)
def test_a_mistake_names_its_file_its_line_and_the_way_out(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = write(tmp_path, (old, new))
    message = refusal(path)
    assert said in message
    file, line, *_ = message.split(":")
    assert file == str(path)
    wrong = {"reported: 2,": 'label: "2"', "door_switch: open_end": "options:"}.get(old, new)
    assert int(line) == line_with(path, wrong), message


def test_two_devices_with_one_address_are_refused(tmp_path: Path) -> None:
    second = "      - name: other\n        profile: stm32-lift-sensor\n        options: {door_switch: open_end}\n"
    path = write(tmp_path, ("    # The landings from", f"{second}    # The landings from"))
    assert "slave address 247 is taken by lifts[0].devices[0]" in refusal(path)


def test_devices_that_cannot_share_a_line_are_refused_with_the_reason(tmp_path: Path) -> None:
    second = "      - name: drive\n        profile: invt-chv180\n"
    path = write(
        tmp_path, ("    # The landings from", f"{second}    # The landings from"), ('  line: "9600 8N1"', "  #")
    )
    said = refusal(path)
    assert "cannot share one bus" in said
    assert "stm32-lift-sensor allows only 9600 8N1" in said
    assert "put them on separate buses" in said


def test_a_bus_too_slow_for_its_devices_is_refused(tmp_path: Path) -> None:
    more = "".join(
        f"      - {{name: b{slave}, profile: stm32-lift-sensor, slave: {slave}, options: {{door_switch: open_end}}}}\n"
        for slave in range(1, 12)
    )
    path = write(
        tmp_path,
        ("    # The landings from", f"{more}    # The landings from"),
        ("poll_period_s: null", "poll_period_s: 0.2"),
    )
    said = refusal(path)
    assert said.startswith(f"{path}:{line_with(path, 'poll_period_s: 0.2')}:")
    assert "12 fast reads take 502 ms every 0.2 s" in said
    assert "12 slow reads take 827 ms every 2.76 s" in said
    assert "more than max_bus_use 60%" in said
    fits = write(
        tmp_path,
        ("    # The landings from", f"{more}    # The landings from"),
        ("poll_period_s: null", "poll_period_s: 1.7"),
        ("item_stale_s: 3.0", "item_stale_s: 3.4"),
    )
    assert "set at least 1.68 and 2.76" in said
    assert load_config(str(fits)).link.poll_period_s == 1.7


def test_a_poll_too_slow_for_the_age_of_its_items_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, ("poll_period_s: null", "poll_period_s: 2"))
    said = refusal(path)
    assert said.startswith(f"{path}:{line_with(path, 'item_stale_s: 3.0')}:")
    assert "set at least 4, or poll more often" in said


@pytest.mark.parametrize("effect", ["trip", "lock"])
def test_a_device_that_stops_the_lift_when_polling_stops_needs_somebody_who_accepts_it(
    tmp_path: Path, effect: str
) -> None:
    shipped, _ = config_text("profiles", "stm32-lift-sensor")
    profile = tmp_path / "risky.yaml"
    profile.write_text(shipped.replace("comm_loss: none", f"comm_loss: {effect}"), encoding="utf-8")
    path = write(tmp_path, ("profile: stm32-lift-sensor", f"profile: {profile}"))
    said = refusal(path)
    assert said.startswith(f"{path}:")
    assert "name here who accepts that" in said
    accepted = ('comm_loss_accepted_by: ""', "comm_loss_accepted_by: Li Wei, maintenance")
    good = write(tmp_path, ("profile: stm32-lift-sensor", f"profile: {profile}"), accepted)
    assert load_config(str(good)).lifts[0].devices[0].comm_loss_accepted_by == "Li Wei, maintenance"


def test_a_stub_is_not_polled_whoever_accepts_what_it_does(tmp_path: Path) -> None:
    accepted = ('comm_loss_accepted_by: ""', "comm_loss_accepted_by: Li Wei, maintenance")
    assert "arkel-arcode is a stub" in refusal(
        write(tmp_path, ("profile: stm32-lift-sensor", "profile: arkel-arcode"), accepted)
    )
    shipped, _ = config_text("profiles", "stm32-lift-sensor")
    profile = tmp_path / "unfilled.yaml"
    profile.write_text(f"{shipped}\nstub: true\n", encoding="utf-8")
    path = write(tmp_path, ("profile: stm32-lift-sensor", f"profile: {profile}"), accepted)
    assert "is a stub, its map is not known" in refusal(path)
    profile.write_text(f"{shipped}\nstub: false\n", encoding="utf-8")
    assert load_config(str(path)).lifts[0].devices[0].comm_loss_accepted_by == "Li Wei, maintenance"


def test_what_a_set_made_wrong_is_blamed_on_it(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert refusal(path, {"uplink.broker": "mqtt://10.0.0.1"}).startswith("--set uplink.broker: ")
    assert refusal(path, {"link.prt": "/dev/x"}) == "--set link.prt: unknown key; did you mean port?"


def test_a_set_is_laid_over_the_file(tmp_path: Path) -> None:
    config = load_config(str(write(tmp_path)), {"link.port": "/dev/ttyS9", "link.poll_period_s": "1.5"})
    assert (config.link.port, config.link.poll_period_s) == ("/dev/ttyS9", 1.5)


def test_a_file_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    said = refusal(tmp_path / "absent.yaml")
    assert "No such file" in said
    assert "name a readable configuration" in said


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("", False),
        (None, False),
    ],
)
def test_plain_mqtt_goes_to_this_machine_only(host: str | None, local: bool) -> None:
    assert is_loopback(host) is local


def test_what_no_device_gives_is_said(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        ("profile: stm32-lift-sensor", "profile: invt-chv180"),
        ("slave: 247", "slave: 1"),
        ("options:\n          door_switch: open_end", "options: {}"),
        ('line: "9600 8N1"', 'line: "19200 8E1"'),
    )
    spots = equipment_of(load_config(str(path))).blind_spots
    assert [spot.split(":")[1].strip() for spot in spots] == [
        "no device gives door_zone",
        "no device gives person or car_calls",
        "no device gives the front door",
    ]


def test_a_lift_that_is_seen_whole_has_no_blind_spot(tmp_path: Path) -> None:
    assert equipment_of(load_config(str(write(tmp_path)))).blind_spots == ()


def test_a_second_door_that_nobody_reports_is_said(tmp_path: Path) -> None:
    (spot,) = equipment_of(load_config(str(write(tmp_path, ("doors: [front]", "doors: [front, rear]"))))).blind_spots
    assert spot == "lift-1: no device gives the rear door: A02 and the end of an alarm need it"


@pytest.mark.parametrize(("port", "said"), [("tcp://", "names no Modbus/TCP device"), ("tcp://h:99999", "1 to 65535")])
def test_a_tcp_address_that_is_none_is_refused(tmp_path: Path, port: str, said: str) -> None:
    path = write(tmp_path, ("port: /dev/ttyUSB0", f"port: {port}"))
    message = refusal(path)
    assert said in message
    assert message.startswith(f"{path}:{line_with(path, port)}:")


def test_devices_of_two_framings_cannot_share_a_bus(tmp_path: Path) -> None:
    shipped, _ = config_text("profiles", "stm32-lift-sensor")
    profile = tmp_path / "own.yaml"
    profile.write_text(shipped.replace("hardware_verified", "framing: hpmont_cic\nhardware_verified", 1))
    second = f"      - {{name: other, profile: {profile}, slave: 2, options: {{door_switch: open_end}}}}\n"
    said = refusal(write(tmp_path, ("    # The landings from", f"{second}    # The landings from")))
    assert "cannot share one bus" in said
    assert "speaks hpmont_cic" in said


OPERATOR = "      - {{name: {name}, profile: emerson-ev3200, slave: {slave}, door: {door}}}\n"


def with_operators(tmp_path: Path, *doors: str, lift: str = "[front]") -> Path:
    more = "".join(OPERATOR.format(name=f"op-{n}", slave=n + 1, door=door) for n, door in enumerate(doors))
    return write(
        tmp_path,
        ("    # The landings from", f"{more}    # The landings from"),
        (
            "    devices:\n      - name: box\n        profile: stm32-lift-sensor",
            "    devices:\n      - name: box\n        profile: generic-input-8",
        ),
        ("        options:\n          door_switch: open_end #", "        options: {inputs_at: discrete_inputs} #"),
        ("        channels: {}", "        channels: {1: {item: door_zone}, 2: {item: landing_lock}}"),
        ('  line: "9600 8N1"', '  line: "19200 8N2"'),
        ("doors: [front]", f"doors: {lift}"),
    )


def test_two_operators_of_one_door_are_refused(tmp_path: Path) -> None:
    assert "operator of the door front is taken by lifts[0].devices[1]" in refusal(
        with_operators(tmp_path, "front", "front")
    )
    assert load_config(str(with_operators(tmp_path, "front", "rear", lift="[front, rear]"))).lifts[0].doors


def test_an_operator_of_a_door_that_the_lift_does_not_have_is_refused(tmp_path: Path) -> None:
    assert "this lift has no rear door" in refusal(with_operators(tmp_path, "rear"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("doors: [front]", "doors: []", "a lift has a door"),
        ("precedence: {}", "precedence: {floor: []}", "nobody to believe"),
        ("precedence: {}", "precedence: {floor: [box, box]}", "device box is taken"),
    ],
)
def test_a_choice_of_nobody_or_of_one_twice_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in refusal(write(tmp_path, (old, new)))


def test_a_debounce_longer_than_values_live_is_refused(tmp_path: Path) -> None:
    path = with_operators(tmp_path, "front")
    path.write_text(path.read_text().replace("1: {item: door_zone}", "1: {item: door_zone, debounce_ms: 2900}"))
    assert "older than item_stale_s by then" in refusal(path)


@pytest.mark.parametrize("port", ["rtu://x", "10.0.0.5:502", "ttyUSB0"])
def test_a_port_that_can_be_none_is_refused(tmp_path: Path, port: str) -> None:
    said = refusal(write(tmp_path, ("port: /dev/ttyUSB0", f"port: {port}")))
    assert f"{port} is no port; write a path" in said
