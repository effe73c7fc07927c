"""The hops' client of Redis: many commands in one write, a lost connection replaced, a Redis that hangs left alone."""

import asyncio
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway import loop
from gateway.redis_pipe import RedisAway, RedisPipe, Reply
from gateway.runtime import Runtime


async def timed_out(pipe: RedisPipe) -> float:
    """Seconds until it says that Redis is away."""
    began = time.monotonic()
    with pytest.raises(RedisAway):
        await pipe.call(("PING",))
    return time.monotonic() - began


def test_each_of_many_at_once_gets_its_own_replies(runtime: Runtime, redis_url: str) -> None:
    pipe = RedisPipe(redis_url, 0.5)

    async def many() -> list[list[Reply]]:
        asked = [pipe.call(("SET", f"k{number}", number), ("GET", f"k{number}")) for number in range(200)]
        return await asyncio.gather(*asked)

    assert loop.run(many()) == [[b"OK", str(number).encode()] for number in range(200)]
    loop.run(pipe.close())


def test_an_error_reply_stands_in_its_place(runtime: Runtime, redis_url: str) -> None:
    pipe = RedisPipe(redis_url, 0.5)
    first, wrong, last = loop.run(pipe.call(("SET", "a", 1), ("HGET", "a", "b"), ("GET", "a")))
    assert (first, last) == (b"OK", b"1")
    assert "WRONGTYPE" in str(wrong)
    loop.run(pipe.close())


def test_a_connection_that_redis_closed_is_replaced_at_once(runtime: Runtime, redis_url: str) -> None:
    pipe = RedisPipe(redis_url, 0.5)
    assert loop.run(pipe.call(("SET", "a", 1), ("GET", "a"))) == [b"OK", b"1"]
    for _ in range(3):
        (own,) = loop.run(pipe.call(("CLIENT", "ID")))
        runtime.redis.client_kill_filter(_id=str(own))
        assert loop.run(pipe.call(("GET", "a"))) == [b"1"]
    loop.run(pipe.close())
    assert loop.run(pipe.call(("GET", "a"))) == [b"1"]
    loop.run(pipe.close())


def test_a_redis_that_is_not_there_is_told_at_once(closed_port_url: str) -> None:
    port = closed_port_url.rpartition(":")[2].partition("/")[0]
    assert loop.run(timed_out(RedisPipe(f"redis://127.0.0.1:{port}/0", 0.5))) < 0.4


def test_a_redis_that_hangs_costs_one_hop_its_time_and_the_next_ones_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        pipe = RedisPipe(f"redis://127.0.0.1:{deaf.getsockname()[1]}/0", 0.2)
        assert 0.15 < loop.run(timed_out(pipe)) < 1.0
        assert loop.run(timed_out(pipe)) < 0.1


def test_a_redis_that_stops_answering_is_noticed(runtime: Runtime, redis_url: str) -> None:
    pipe = RedisPipe(redis_url, 0.2)

    async def hang() -> tuple[float, float]:
        await pipe.call(("PING",))
        blocked = asyncio.ensure_future(pipe.call(("BLPOP", "nothing", 0)))
        await asyncio.sleep(0.01)
        first = await timed_out(pipe)
        with pytest.raises(RedisAway):
            await blocked
        return first, await timed_out(pipe)

    first, second = loop.run(hang())
    assert 0.15 < first < 1.0
    assert second < 0.1


def test_what_cannot_be_read_as_an_answer_ends_the_connection() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"?!\r\n" * 9)
        await reader.read()
        writer.close()

    async def babble() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        pipe = RedisPipe(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", 0.5)
        assert await timed_out(pipe) < 1.0
        server.close()

    loop.run(babble())


def certificate(directory: Path) -> tuple[Path, Path]:
    """A key and a certificate for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_file, file = directory / "key.pem", directory / "certificate.pem"
    plain = serialization.NoEncryption()
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return key_file, file


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


def test_a_redis_behind_tls_is_spoken_to_all_the_same(runtime: Runtime, redis_url: str, tmp_path: Path) -> None:
    key_file, file = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    to = urlsplit(redis_url)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(to.hostname, to.port)
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    async def ask() -> list[Reply]:
        server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        url = urlunsplit(to._replace(scheme="rediss", netloc=f":{to.password}@127.0.0.1:{port}"))
        pipe = RedisPipe(f"{url}?ssl_ca_certs={file}", 2.0)
        asked = [pipe.call(("SET", f"k{number}", "v" * 5000), ("GET", f"k{number}")) for number in range(50)]
        replies = await asyncio.gather(*asked)
        await pipe.close()
        server.close()
        return replies

    assert loop.run(ask()) == [[b"OK", b"v" * 5000]] * 50
