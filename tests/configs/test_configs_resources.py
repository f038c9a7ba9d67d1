"""Where configuration files come from: one's own directory first, then the shipped ones."""

from pathlib import Path

import pytest

from protocols import resources
from protocols.resources import NoSuchName, config_names, config_text
from protocols.strictyaml import ConfigError


@pytest.fixture(name="own")
def _own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIFTWARDEN_CONFIG_DIR", str(tmp_path))
    (tmp_path / "buildings").mkdir()
    return tmp_path / "buildings"


def test_shipped_files_are_there_without_a_directory_of_ones_own() -> None:
    text, source = config_text("buildings", "residential-9")
    assert "residential-9" in text
    assert source.endswith("buildings/residential-9.yaml")


def test_ones_own_file_replaces_the_shipped_one(own: Path) -> None:
    (own / "residential-9.yaml").write_text("mine: 1\n", encoding="utf-8")
    assert config_text("buildings", "residential-9") == ("mine: 1\n", str(own / "residential-9.yaml"))


def test_ones_own_files_join_the_shipped_ones(own: Path) -> None:
    (own / "hut.yaml").write_text("mine: 1\n", encoding="utf-8")
    (own / "notes.txt").write_text("not a building", encoding="utf-8")
    assert {"hut", "residential-9"} <= set(config_names("buildings"))
    assert "notes" not in config_names("buildings")


def test_an_unknown_name_has_a_nearest_one() -> None:
    with pytest.raises(NoSuchName, match=r"no building 'residental-9'; did you mean residential-9\?"):
        config_text("buildings", "residental-9")


@pytest.mark.parametrize("name", ["../profiles/invt-chv180", "/etc/passwd", "", "."])
def test_a_path_is_not_a_name(name: str) -> None:
    with pytest.raises(NoSuchName, match="no building"):
        config_text("buildings", name)


def test_a_file_that_is_no_text_is_one_line(own: Path) -> None:
    (own / "hut.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"hut\.yaml: cannot be read: it is not UTF-8 text; make it"):
        config_text("buildings", "hut")


def test_a_file_that_cannot_be_read_is_one_line(own: Path) -> None:
    (own / "hut.yaml").mkdir()
    with pytest.raises(ConfigError, match=r"hut\.yaml: cannot be read: Is a directory; make it"):
        config_text("buildings", "hut")


def test_inside_a_wheel_the_packaged_files_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "configs" / "buildings").mkdir(parents=True)
    (tmp_path / "configs" / "buildings" / "packed.yaml").write_text("x: 1\n", encoding="utf-8")
    monkeypatch.setattr(resources, "files", lambda _package: tmp_path)
    assert config_names("buildings") == ["packed"]
