"""A profile that says how it differs from another, and no more; numbers over several words; functions denied."""

from pathlib import Path

import pytest

from edge_agent.link.plan import plan_alone
from protocols import ProtocolError
from protocols.profiles.layout import Block, compile_layout
from protocols.profiles.loader import load_profile, parse_profile
from protocols.profiles.schema import Framing
from protocols.resources import config_text
from protocols.strictyaml import ConfigError

RTU, _ = config_text("profiles", "hpmont-mont70-rtu")
BOX, _ = config_text("profiles", "stm32-lift-sensor")
ARK, _ = config_text("profiles", "arkel-arcode")


def test_what_a_variant_gives_replaces_what_its_base_says() -> None:
    base, variant = load_profile("hpmont-mont70"), load_profile("hpmont-mont70-rtu")
    assert (variant.name, variant.framing, variant.transport_verified) == ("hpmont-mont70-rtu", Framing.RTU, False)
    assert (variant.slave, variant.sources, variant.rows) == (base.slave, base.sources, base.rows)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("extends: hpmont-mont70\n", "extends: hpmont-mont7\n", "did you mean hpmont-mont70?"),
        ("extends: hpmont-mont70\n", "extends: hpmont-mont70-rtu\n", "extends another one itself"),
        ("framing: rtu\n", "rows: []\n", "unknown key"),
        ("hardware_verified: false\n", "", "lacks hardware_verified"),
        ("02 03 C8 00 00 27 3B 83", "02 03 C8 00 00 27 3B 84", "3B 83 would be right"),
    ],
)
def test_a_variant_that_cannot_be_is_refused_with_its_line(old: str, new: str, said: str) -> None:
    assert RTU.count(old) == 1
    with pytest.raises(ConfigError, match=r"^p\.yaml:\d+: ") as caught:
        parse_profile(RTU.replace(old, new), "p.yaml")
    assert said in str(caught.value)


def test_a_variant_follows_a_base_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "profiles").mkdir()
    text = config_text("profiles", "hpmont-mont70")[0].replace("slave: 2\n", "slave: 9\n")
    (tmp_path / "profiles" / "hpmont-mont70.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("LIFTWARDEN_CONFIG_DIR", str(tmp_path))
    assert load_profile("hpmont-mont70-rtu").slave == 9


# rows


def test_a_number_over_three_words_stands_in_its_stated_order() -> None:
    for order, words in (("low_first", (1, 2, 3)), ("high_first", (3, 2, 1))):
        row = f"{{name: c, address: 0, words: 3, word_order: {order}, item: car_calls, status: C}}"
        text = f"{BOX[: BOX.index('blocks:')]}blocks: [{{name: all, address: 0, count: 3}}]\nrows: [{row}]\n"
        layout = compile_layout(parse_profile(text, "by hand"), {"door_switch": "open_end"})
        number = 0x0003_0002_0001
        assert layout.decode(layout.blocks[0], words) == {"car_calls": number}
        assert layout.encode(layout.blocks[0], {"car_calls": number}) == words


def test_only_a_row_of_faults_is_of_the_past() -> None:
    with pytest.raises(ProtocolError, match="only a row of faults is of the past"):
        parse_profile(BOX.replace("item: person,", "item: person, past: true,"), "p.yaml")


def test_a_row_of_past_faults_has_a_table_too() -> None:
    text = BOX[: BOX.index("faults: # keyed")].replace("faults: bits", "faults: bits, past: true")
    with pytest.raises(ProtocolError, match="the profile has no table of faults"):
        parse_profile(text, "p.yaml")


# what is asked


def test_what_is_denied_to_one_function_may_be_asked_by_another() -> None:
    allowed = ARK.replace("{function: 1, address: 0x1388", "{function: 3, address: 0x028F")
    parse_profile(allowed, "p.yaml")
    for denied in ("{function: 1, address: 0x028F", "{address: 0x028F"):
        with pytest.raises(ProtocolError, match="028Fh is in the deny-list"):
            parse_profile(ARK.replace("{function: 1, address: 0x1388", denied), "p.yaml")


def test_a_device_is_asked_for_no_more_than_is_safe() -> None:
    whole = parse_profile(BOX, "p.yaml")
    careful = parse_profile(BOX.replace("max_regs: 19", "max_regs: 19\nask_at_most: 4"), "p.yaml")
    assert max(job.block.count for job in plan_alone(whole).jobs(0, 1)) > 4
    assert max(job.block.count for job in plan_alone(careful).jobs(0, 1)) == 4


# items of bits that several rows carry together

JOINED = """joined:
  - {item: hall_calls, rows: [up, down], status: C, note: together}
"""
CALLS = f"""{BOX[: BOX.index("blocks:")]}blocks:
  - {{name: one, address: 0, count: 5}}
  - {{name: other, address: 9, count: 1}}
rows:
  - {{name: up, address: 0, words: 2, word_order: low_first, status: C}}
  - {{name: down, address: 2, words: 2, word_order: low_first, status: C}}
  - {{name: far, address: 9, status: C}}
  - {{name: cabin, address: 4, item: car_calls, status: C}}
{JOINED}"""


def test_a_bit_is_set_if_any_of_its_rows_has_it() -> None:
    layout = compile_layout(parse_profile(CALLS, "calls"), {"door_switch": "open_end"})
    assert layout.decode(layout.blocks[0], [1, 0, 4, 0x8000, 0])["hall_calls"] == 0x8000_0005
    words = layout.encode(layout.blocks[0], {"hall_calls": 6})
    assert layout.decode(layout.blocks[0], words)["hall_calls"] == 6


def test_rows_of_one_item_are_read_together() -> None:
    layout = compile_layout(parse_profile(CALLS, "calls"), {"door_switch": "open_end"})
    assert [(span.address, span.count) for span in layout.spans(layout.blocks[0]) if span.feeds] == [(0, 4), (4, 1)]
    parts = layout.regrouped([Block("a", 3, 0, 2), Block("b", 3, 2, 2)])
    assert parts.items == set()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[up, down]", "[up, dow]", "did you mean down?"),
        ("[up, down]", "[up, far]", "different ranges"),
        ("[up, down]", "[up, cabin]", "cabin feeds something itself"),
        ("item: hall_calls", "item: car_calls", "car_calls is already fed by row cabin"),
        ("item: hall_calls", "item: mains", "no item of bits 'mains'"),
        ("address: 2, words: 2, word_order: low_first", "address: 2, words: 2", "has no word_order"),
        ("status: C, note: together", 'status: "V:S-NONE", note: together', "no source 'S-NONE'"),
    ],
)
def test_rows_that_cannot_be_joined_are_refused_with_their_line(old: str, new: str, said: str) -> None:
    assert CALLS.count(old) == 1
    with pytest.raises(ConfigError, match=r"^calls:\d+: ") as caught:
        parse_profile(CALLS.replace(old, new), "calls")
    assert said in str(caught.value)
