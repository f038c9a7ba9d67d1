"""TLS against Mosquitto, with certificates made here by the openssl command."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.config_types import TlsConfig, UplinkConfig
from edge_agent.ports import BrokerError, MqttVersion, Publication
from edge_agent.uplink.mqtt import AiomqttBroker
from tests.support.mosquitto import LOOPBACK, Mosquitto, tool

pytestmark = [pytest.mark.mosquitto, pytest.mark.process]

Start = Callable[..., Mosquitto]
WILL = Publication("t/health", b"offline", retain=True)
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Certificates:
    """A certificate authority in a directory, and what it signed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        self.ca = directory / "ca.pem"
        self._openssl("req", "-x509", *_NEW_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test ca")

    def sign(self, name: str, alternative: str) -> tuple[Path, Path]:
        """A certificate and its key for a name such as "IP:127.0.0.1"."""
        (self.directory / "extensions").write_text(f"subjectAltName={alternative}\n")
        self._openssl("req", *_NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        authority = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial")
        files = ("-in", f"{name}.csr", "-out", f"{name}.pem", "-extfile", "extensions")
        self._openssl("x509", "-req", *authority, *files)
        return self.directory / f"{name}.pem", self.directory / f"{name}.key"

    def _openssl(self, *arguments: str) -> None:
        command = [tool("openssl", "apt-get install openssl"), *arguments]
        subprocess.run(command, cwd=self.directory, check=True, capture_output=True, timeout=30)


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path / "pki")


def tls_lines(authority: Certificates, alternative: str = f"IP:{LOOPBACK}") -> tuple[str, ...]:
    cert, key = authority.sign("broker", alternative)
    return (f"cafile {authority.ca}", f"certfile {cert}", f"keyfile {key}")


async def reason_of_a_publish(broker: Mosquitto, tls: TlsConfig) -> int:
    config = UplinkConfig(broker=f"mqtts://{LOOPBACK}:{broker.port}", tls=tls)
    async with AiomqttBroker(config).session(MqttVersion.V5, "box", WILL, 5) as live:
        return (await live.publish(Publication("t/alarm", b"A01" * 20_000), 5)).reason


async def test_a_broker_that_our_authority_signed_is_trusted(
    start_mosquitto: Start, certificates: Certificates
) -> None:
    broker = start_mosquitto(*tls_lines(certificates))
    assert await reason_of_a_publish(broker, TlsConfig(ca=str(certificates.ca))) < 0x80


async def test_a_broker_that_somebody_else_signed_is_refused(
    start_mosquitto: Start, certificates: Certificates, tmp_path: Path
) -> None:
    broker = start_mosquitto(*tls_lines(Certificates(tmp_path / "other")))
    with pytest.raises(BrokerError, match=r"certificate refused: .*; check uplink\.tls\.ca"):
        await reason_of_a_publish(broker, TlsConfig(ca=str(certificates.ca)))


async def test_a_certificate_for_another_host_is_refused(start_mosquitto: Start, certificates: Certificates) -> None:
    broker = start_mosquitto(*tls_lines(certificates, "DNS:elsewhere.example"))
    with pytest.raises(BrokerError, match=r"certificate refused: .*mismatch"):
        await reason_of_a_publish(broker, TlsConfig(ca=str(certificates.ca)))


async def test_the_terminal_identifies_itself_by_its_certificate(
    start_mosquitto: Start, certificates: Certificates
) -> None:
    cert, key = certificates.sign("terminal", "DNS:terminal")
    broker = start_mosquitto(*tls_lines(certificates), "require_certificate true", anonymous=True)
    tls = TlsConfig(ca=str(certificates.ca), cert=str(cert), key=str(key))
    assert await reason_of_a_publish(broker, tls) < 0x80
    with pytest.raises(BrokerError):
        await reason_of_a_publish(broker, TlsConfig(ca=str(certificates.ca)))


async def test_a_plain_port_is_not_taken_for_tls(start_mosquitto: Start, certificates: Certificates) -> None:
    broker = start_mosquitto()
    with pytest.raises(BrokerError, match=r"TLS failed: .*; check the port|closed|reset") as error:
        await reason_of_a_publish(broker, TlsConfig(ca=str(certificates.ca)))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("key", ["ca", "cert"])
async def test_a_file_that_is_no_certificate_is_named(
    start_mosquitto: Start, certificates: Certificates, tmp_path: Path, key: str
) -> None:
    broker = start_mosquitto(*tls_lines(certificates))
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("not a certificate\n")
    files = {"ca": str(certificates.ca), key: str(rubbish)}
    with pytest.raises(BrokerError, match=rf"uplink\.tls\.{key} {rubbish}: not usable PEM"):
        await reason_of_a_publish(broker, TlsConfig(**files))
