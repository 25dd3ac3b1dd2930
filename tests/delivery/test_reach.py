"""Webhooks go to the public internet and nowhere else, whatever a name says, when it is saved and when it is told."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from regulars.delivery import Poster
from regulars.delivery.reach import Names, Resolve, find
from regulars.vocabulary.errors import InvalidInput
from tests.delivery.receiver import open_receiver, take

pytestmark = pytest.mark.anyio
PUBLIC = "93.184.215.14"


def names(*answers: Sequence[str]) -> Resolve:
    """A name server that answers so in turn, the last answer for ever."""
    left = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.100.100.200", "192.0.0.192", "168.63.129.16", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::",
        "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
async def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    for loopback in (False, True):
        if loopback and ip_address(address.partition("%")[0]).is_loopback:
            continue  # this is what the setting is for
        with pytest.raises(InvalidInput) as refused:
            await find("https://hooks.example/", names([address]), loopback=loopback)
        assert refused.value.field == "url"
        with pytest.raises(InvalidInput):
            await find("https://hooks.example/", names([PUBLIC, address]), loopback=loopback)


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::6810:84e5", "64:ff9b::5db8:d70e"])
async def test_a_public_address_is_told(address: str) -> None:
    place = await find("https://hooks.example:8443/in?key=1", names([address]), loopback=False)
    assert (place.host, place.addresses) == ("hooks.example", [address])


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/", "ftp://hooks.example/", "https://", "hooks.example", "", "https://user@hooks.example/",
        "https://user:word@hooks.example/", "https://hooks.example/#part", "https://hooks.example/a b",
        "https://hooks.example\n/", "https://hooks.example:99999/", "https://hücks.example/", "javascript:alert(1)",
        "file:///etc/passwd", "//hooks.example/", "https://hooks.example\\@evil.example/\x00",
    ],
)  # fmt: skip
async def test_what_is_no_usable_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await find(url, names([PUBLIC]), loopback=False)
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "127.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"]
)
async def test_this_machine_by_any_spelling_is_refused(host: str) -> None:
    look_up = Names()
    for scheme in ("https", "http"):
        with pytest.raises(InvalidInput):
            await find(f"{scheme}://{host}/", look_up, loopback=False)
    look_up.close()


async def test_development_may_let_them_go_to_this_machine() -> None:
    look_up = Names()
    place = await find("http://localhost:9000/", look_up, loopback=True)
    assert place.addresses
    look_up.close()
    with pytest.raises(InvalidInput):
        await find("http://hooks.example/", names([PUBLIC]), loopback=True)


async def test_a_name_that_answers_otherwise_later_gains_nothing() -> None:
    """Public when it is saved, this machine when it is told; and between the look and the connection nothing asks again."""
    async with open_receiver(take) as receiver:
        port = receiver.url.rpartition(":")[2]
        poster = Poster(resolve=names([PUBLIC], ["127.0.0.1"]))
        await poster.check(f"https://hooks.example:{port}/")
        answer = await poster.post(f"https://hooks.example:{port}/", {}, b"{}")
        await poster.close()
        assert (answer.status, answer.error) == (None, "address_refused")
        assert receiver.got == []


async def test_a_host_that_is_not_there_is_told() -> None:
    async def nobody(host: str, port: int) -> Sequence[str]:
        raise OSError

    poster = Poster(resolve=nobody)
    with pytest.raises(InvalidInput, match="cannot be found"):
        await poster.check("https://hooks.example/")
    await poster.close()


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for a name, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return cert_file, key_file


async def test_the_certificate_must_be_the_names_though_an_address_is_connected_to(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "hooks.example")
    tls = ssl.create_default_context(cafile=str(cert))
    async with open_receiver(take, ssl_certfile=str(cert), ssl_keyfile=str(key)) as receiver:
        port = receiver.url.rpartition(":")[2]
        # The first address lets nobody in; the second one does.
        poster = Poster(loopback=True, resolve=names(["127.0.0.2", "127.0.0.1"]), tls=tls)
        answer = await poster.post(f"https://hooks.example:{port}/in", {}, b"{}")
        assert answer.status == 200, answer
        assert receiver.got[0].headers["host"] == f"hooks.example:{port}"
        other = await poster.post(f"https://other.example:{port}/in", {}, b"{}")
        await poster.close()
    assert (other.status, other.error) == (None, "unreachable")
    assert len(receiver.got) == 1
