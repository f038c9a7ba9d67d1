"""The locks: hashed, without any address, and in step with pyproject.toml."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("base", "demo", "dev")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def lock_text(name: str) -> str:
    return (ROOT / "locks" / f"{name}.txt").read_text()


def entries(name: str) -> list[str]:
    """Each requirement of a lock as one line, its hashes included."""
    lines = (line for line in lock_text(name).splitlines() if not line.lstrip().startswith("#"))
    return [entry for entry in "\n".join(lines).replace("\\\n", " ").splitlines() if entry.strip()]


def pinned(name: str) -> dict[str, str]:
    """The version of each package of a lock."""
    requirements = (Requirement(entry.split("--hash")[0].strip()) for entry in entries(name))
    return {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r in requirements}


def group(name: str) -> list[str]:
    """A dependency group with the groups it includes."""
    flat: list[str] = []
    for entry in PYPROJECT["dependency-groups"][name]:
        flat += [entry] if isinstance(entry, str) else group(entry["include-group"])
    return flat


PROJECT = PYPROJECT["project"]
WANTED = {
    "base": PROJECT["dependencies"],
    "demo": PROJECT["dependencies"] + PROJECT["optional-dependencies"]["demo"] + group("build"),
    "dev": PROJECT["dependencies"] + PROJECT["optional-dependencies"]["demo"] + group("dev"),
}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_address(name: str) -> None:
    for word in ("http", "://", "--index-url", "--extra-index-url", "--find-links", "file:"):
        assert word not in lock_text(name)


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    for entry in entries(name):
        assert "==" in entry.split("--hash")[0]
        assert entry.count("--hash=sha256:") >= 1


@pytest.mark.parametrize("name", LOCKS)
def test_pins_lie_in_the_ranges_of_pyproject(name: str) -> None:
    pins = pinned(name)
    for requirement in map(Requirement, WANTED[name]):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


@pytest.mark.parametrize(("small", "large"), [("base", "demo"), ("demo", "dev")])
def test_what_is_shipped_is_what_was_tested(small: str, large: str) -> None:
    assert pinned(small).items() <= pinned(large).items()


@pytest.mark.parametrize("unwanted", ["simpy", "amqtt", "pytest", "hatchling"])
def test_the_base_lock_is_the_box_alone(unwanted: str) -> None:
    assert unwanted not in pinned("base")
