"""An adapter that comes back under another name is found again; one that took its name is never taken for it."""

import os
import tty
from pathlib import Path

import pytest
from link_bench import LINE

from edge_agent.link.lasting_name import LastingNames
from edge_agent.link.serial_port import SerialBus
from edge_agent.link.tty_kernel import Host
from edge_agent.ports import BusPort, PortError


class Desk:
    """A machine with adapters plugged in and out: udev's links and the kernel's tree, in a directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.host = Host(sysfs=root / "class", by_id=root / "by-id", by_path=root / "by-path")
        for directory in (root / "dev", self.host.sysfs, self.host.by_id, self.host.by_path):
            directory.mkdir()

    def plug(self, node: str, make: str, number: str, socket: str) -> str:
        """An adapter as udev shows it; its node's path. A node without a slash is a plain file's."""
        path = Path(node) if "/" in node else self._root / "dev" / node
        if "/" not in node:
            path.touch()
        usb_device = self._root / "devices" / socket
        (usb_device / "interface" / path.name).mkdir(parents=True)
        (usb_device / "idVendor").write_text("0403\n")
        if number:
            (usb_device / "serial").write_text(f"{number}\n")
        (self.host.sysfs / path.name).mkdir()
        (self.host.sysfs / path.name / "device").symlink_to(usb_device / "interface" / path.name)
        for link in (self.host.by_id / f"usb-{make}{number}", self.host.by_path / f"usb-{socket}"):
            link.unlink(missing_ok=True)  # the last of two alike has the link
            link.symlink_to(path)
        return str(path)

    def pull(self, node: str) -> None:
        """Take it away, with all links to it."""
        for link in (*self.host.by_id.iterdir(), *self.host.by_path.iterdir()):
            if os.path.realpath(link) == os.path.realpath(node):
                link.unlink()
        entry = self.host.sysfs / Path(node).name
        (entry / "device").resolve().rename(self._root / f"pulled-{len(list(self._root.iterdir()))}")
        (entry / "device").unlink()
        entry.rmdir()
        Path(node).unlink()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def names(desk: Desk) -> LastingNames:
    return LastingNames(desk.host)


def first_opened(names: LastingNames, port: str) -> tuple[str, ...]:
    assert names.path_of(port) == port
    return names.remember(port, port)


def test_a_numbered_adapter_is_found_again_under_another_name(desk: Desk, names: LastingNames) -> None:
    port = desk.plug("ttyUSB0", "FTDI_", "A50285BI", "1-1")
    first_opened(names, port)
    desk.pull(port)
    back = desk.plug("ttyUSB1", "FTDI_", "A50285BI", "1-2")
    link = str(desk.host.by_id / "usb-FTDI_A50285BI")
    assert names.path_of(port) == link
    assert names.remember(port, link) == (f"{port}: is {back} now, found again as {link}; name that in link.port",)


def test_another_adapter_with_the_old_ones_name_is_not_taken_while_the_old_one_is_there(
    desk: Desk, names: LastingNames
) -> None:
    port = desk.plug("ttyUSB0", "FTDI_", "A50285BI", "1-1")
    first_opened(names, port)
    desk.pull(port)
    desk.plug("ttyUSB0", "FTDI_", "B0000XYZ", "1-1")
    desk.plug("ttyUSB1", "FTDI_", "A50285BI", "1-2")
    assert names.path_of(port) == str(desk.host.by_id / "usb-FTDI_A50285BI")


def test_another_adapter_with_the_old_ones_name_is_refused_while_the_old_one_is_gone(
    desk: Desk, names: LastingNames
) -> None:
    port = desk.plug("ttyUSB0", "FTDI_", "A50285BI", "1-1")
    first_opened(names, port)
    desk.pull(port)
    desk.plug("ttyUSB0", "FTDI_", "B0000XYZ", "1-1")
    with pytest.raises(PortError) as caught:
        names.path_of(port)
    assert str(caught.value) == (
        f"{port}: may be another adapter than before, for {desk.host.by_id}/usb-FTDI_A50285BI is gone; plug that one"
        " in where it was, or name the new one in link.port and start anew"
    )


def test_an_adapter_that_is_gone_and_replaced_by_none_is_a_missing_port(desk: Desk, names: LastingNames) -> None:
    port = desk.plug("ttyUSB0", "FTDI_", "A50285BI", "1-1")
    first_opened(names, port)
    desk.pull(port)
    assert names.path_of(port) == port


def test_an_adapter_without_a_number_is_known_by_its_socket(desk: Desk, names: LastingNames) -> None:
    """Two of a make share one by-id link: a second one would be taken for the first."""
    port = desk.plug("ttyUSB0", "CH340", "", "1-1")
    first_opened(names, port)
    desk.plug("ttyUSB1", "CH340", "", "1-2")
    desk.pull(port)
    assert names.path_of(port) == port
    desk.plug("ttyUSB2", "CH340", "", "1-1")
    assert names.path_of(port) == str(desk.host.by_path / "usb-1-1")


def test_an_adapter_without_a_number_in_another_socket_is_refused(desk: Desk, names: LastingNames) -> None:
    port = desk.plug("ttyUSB0", "CH340", "", "1-1")
    first_opened(names, port)
    desk.pull(port)
    desk.plug("ttyUSB0", "CH340", "", "1-2")
    with pytest.raises(PortError, match="may be another adapter"):
        names.path_of(port)


def test_a_link_in_the_configuration_is_taken_at_its_word(desk: Desk, names: LastingNames) -> None:
    node = desk.plug("ttyUSB0", "CH340", "", "1-1")
    port = str(desk.host.by_id / "usb-CH340")
    assert names.remember(port, port) == ()
    desk.pull(node)
    desk.plug("ttyUSB0", "CH340", "", "1-2")
    assert names.path_of(port) == port


def test_the_name_that_lasts_is_recommended(desk: Desk, names: LastingNames) -> None:
    port = desk.plug("ttyUSB0", "FTDI_", "A50285BI", "1-1")
    (note,) = first_opened(names, port)
    assert note.endswith(f"{desk.host.by_id}/usb-FTDI_A50285BI would not: name that in link.port")


def test_a_port_of_the_board_has_no_other_name(desk: Desk, names: LastingNames) -> None:
    assert first_opened(names, "/dev/ttyS0") == ()


class Wire:
    """What came, and the pty it comes from."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.master)
        self.node = os.ttyname(self.slave)

    def close(self) -> None:
        os.close(self.slave)
        os.close(self.master)


async def test_a_port_that_comes_back_under_another_name_is_opened_there(desk: Desk) -> None:
    old, new = Wire(), Wire()
    bus = SerialBus(host=desk.host)

    async def opened() -> BusPort:
        return await bus(old.node, LINE, lambda _data, _t_ns: None, lambda _error: None)

    desk.plug(old.node, "FTDI_", "A50285BI", "1-1")
    (await opened()).close()
    (desk.host.by_id / "usb-FTDI_A50285BI").unlink()
    (desk.host.by_id / "usb-FTDI_A50285BI").symlink_to(new.node)
    port = await opened()
    port.write(b"\x01")
    assert os.read(new.master, 10) == b"\x01"
    assert f"{old.node}: is {new.node} now" in port.notes[0]
    port.close()
    with pytest.raises(PortError) as caught:
        port.write(b"\x01")
    assert str(caught.value).startswith(old.node)
    old.close()
    new.close()
