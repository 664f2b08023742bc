"""Pictures from elsewhere, against a server that wants to be led inside: what it saw, and what nobody was asked for."""

from __future__ import annotations

import ast
import contextlib
import gzip
import hashlib
import importlib
import itertools
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

import django_avatars
from django_avatars import services
from django_avatars.exceptions import FETCH_REFUSED, FetchRefused, InvalidImage
from tests import pictures
from tests.app.models import Profile, User
from tests.documents import blocks
from tests.storing import upload

pytest.importorskip("httpx")
pytest.importorskip("trustme")

from django_avatars.fetch import Network, fetch, is_public
from tests.elsewhere import HERE, Names, Server, answer

INSIDE = IPv4Address("127.0.0.2")
"""A neighbor of the server that nobody may reach."""

PACKAGE = Path(django_avatars.__file__).parent

OPENERS = {
    "aiohttp", "asyncio", "ftplib", "http.client", "httpcore", "httpx", "requests", "smtplib", "socket", "socketserver",
    "ssl", "telnetlib", "urllib.request", "urllib3", "xmlrpc.client",
}  # fmt: skip
EXEMPT = {
    "contrib/cloudinary.py": "asks the site's own account for its own files",
    "management/doctor/probe.py": "a command that looks at addresses which the site's own storage made",
    "testing.py": "for tests of storages, of addresses which the tested storage made",
}

connected: list[tuple[str, int]] = []
"""
Every address that the thread of the tests has tried to connect to, as Python itself reports it.

Not other threads: a client that an earlier test has left behind may try its server again meanwhile.
"""


def _listen(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and threading.current_thread() is threading.main_thread():
        connected.append(args[1][:2])


_listen.__cantrace__ = True  # type: ignore[attr-defined]  # Python hides hooks from coverage unless they say so
sys.addaudithook(_listen)


@pytest.fixture
def inside(server: Server) -> Iterator[socket.socket]:
    """A neighbor that listens at the same port, and fails the test if anybody has knocked."""
    with socket.create_server((str(INSIDE), server.port)) as listener:
        listener.setblocking(False)
        yield listener
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.fixture
def get(server: Server, network: Callable[..., Network]) -> Callable[..., bytes]:
    """The bytes at a path of the server, or at a whole address."""

    def get(path: str = "/", *, host: str = "pictures.example", max_bytes: int = 100_000, **more: Any) -> bytes:
        url = f"https://{host}:{server.port}{path}" if path.startswith("/") else path
        content: bytes = fetch(url, max_bytes=max_bytes, ports={443, server.port}, _network=network(**more)).read()
        return content

    connected.clear()
    return get


def redirect(to: str, status: str = "302 Found", **headers: str) -> list[bytes]:
    return answer(b"moved", status, location=to, **headers)


@contextlib.contextmanager
def refused(code: str) -> Iterator[None]:
    """A refusal with this code, which names no address and hides its cause."""
    with pytest.raises(FetchRefused) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    most = {"max": "97.7 kB"} if code == "too_large" else {}
    assert caught.value.messages == [str(FETCH_REFUSED[code]) % most]


def asked(server: Server) -> set[tuple[str, int]]:
    """The addresses that were connected to: those of the server alone."""
    return set(connected) - {(str(HERE), server.port)}


# What comes


def test_what_is_fetched_becomes_a_picture(
    server: Server, network: Callable[..., Network], profile: Profile, jpeg: bytes
) -> None:
    server.answers["/jane.jpg"] = answer(jpeg)

    file = fetch(f"https://pictures.example:{server.port}/jane.jpg", ports=[server.port], _network=network())
    services.set_picture(profile, file=file)

    profile.refresh_from_db()
    assert file.name == "picture"
    assert profile.profile_pic.url_for(64)


def test_what_is_no_picture_is_refused_as_an_upload_is(
    server: Server, network: Callable[..., Network], profile: Profile
) -> None:
    server.answers["/"] = answer(b"<svg onload=alert(1)>", content_type="image/png")

    file = fetch(f"https://pictures.example:{server.port}", ports=[server.port], _network=network())

    with pytest.raises(InvalidImage):
        services.set_picture(profile, file=file)


def test_the_server_is_told_the_name_and_nothing_about_who_asks(server: Server, get: Callable[..., bytes]) -> None:
    server.answers["/a%20b?c=d"] = answer(b"picture")

    assert get("/a b?c=d#e") == b"picture"

    assert server.names == ["pictures.example"]
    assert server.requests == [
        (
            "/a%20b?c=d",
            {
                "host": f"pictures.example:{server.port}",
                "accept": "image/*",
                "accept-encoding": "identity",
                "connection": "close",
                "user-agent": "django-avatars",
            },
        )
    ]


def test_a_name_in_another_script_is_asked_for_as_the_network_writes_it() -> None:
    names = Names()

    with refused("fetch_failed"):
        fetch("https://bücher.invalid/", _network=Network(names))

    assert names.asked == ["xn--bcher-kva.invalid"]


def test_cookies_of_one_answer_are_not_shown_to_the_next(server: Server, get: Callable[..., bytes]) -> None:
    server.answers["/"] = redirect("/next", set_cookie="a=b; Path=/")
    server.answers["/next"] = answer(b"picture")

    assert get() == b"picture"

    assert all("cookie" not in headers for _, headers in server.requests)


def test_the_environment_decides_nothing(
    server: Server, inside: socket.socket, get: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine pictures.example login jane password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{INSIDE}:{server.port}")
    server.answers["/"] = answer(b"picture")

    assert get() == b"picture"

    assert "authorization" not in server.requests[0][1]
    assert asked(server) == set()


def test_trust_of_the_environment_is_not_taken(
    server: Server, authority: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    names = Network(lambda host, port: [HERE], lambda address: True)

    with refused("fetch_failed"):
        fetch(f"https://pictures.example:{server.port}", ports=[server.port], _network=names)

    assert server.requests == []


# Gravatar, as the guide has it


@pytest.fixture
def take_gravatar(server: Server, network: Callable[..., Network]) -> Callable[[Any], bool]:
    """The function of the guide, with `server` in the place of Gravatar."""
    [block] = [block for block in blocks("docs/how-to/pictures-from-elsewhere.md") if block.path.endswith("avatars.py")]
    names: dict[str, Any] = {}
    exec(compile(block.text, block.path, "exec"), names)  # noqa: S102 - our own documentation

    def reach(url: str) -> Any:
        here = url.replace("https://gravatar.com/", f"https://pictures.example:{server.port}/")
        return fetch(here, ports=[server.port], _network=network())

    names["fetch"] = reach
    take: Callable[[Any], bool] = names["take_gravatar"]
    return take


def test_gravatar_is_asked_once_and_the_picture_is_ours(
    server: Server, take_gravatar: Callable[[Any], bool], profile: Profile
) -> None:
    digest = hashlib.sha256(b"jane@example.com").hexdigest()
    path = f"/avatar/{digest}?s=512&d=404&r=g"
    server.answers[path] = answer(pictures.photo(96, 96))

    assert take_gravatar(profile.user)
    assert not take_gravatar(User.objects.get())
    assert Profile.objects.get().profile_pic.url.startswith("/media/")

    server.answers[path] = answer(pictures.photo(80, 80))
    assert take_gravatar(User.objects.get())
    services.set_own(profile.user, upload())
    assert not take_gravatar(User.objects.get())
    assert set(server.paths) == {path}


def test_who_has_no_gravatar_keeps_the_initials(
    server: Server, take_gravatar: Callable[[Any], bool], profile: Profile
) -> None:
    profile.user.email = " Bo@Example.com "
    path = f"/avatar/{hashlib.sha256(b'bo@example.com').hexdigest()}?s=512&d=404&r=g"
    server.answers[path] = answer(b"404 Not Found", "404 Not Found")

    assert not take_gravatar(profile.user)
    assert not take_gravatar(User(email=""))
    assert server.paths == [path]
    assert not Profile.objects.get().profile_pic


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        "",
        "picture.jpg",
        "//pictures.example/",
        "http://pictures.example/",
        "ftp://pictures.example/",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "unix:///run/docker.sock",
        "https://",
        "https:///path",
        "https://jane@pictures.example/",
        "https://jane:secret@pictures.example/",
        "https://pictures.example:0/",
        "https://pictures.example:22/",
        "https://pictures.example:80/",
        "https://pictures.example:65536/",
        "https://pictures.example:port/",
        "https://[::1/",
        "https://a\nb.example/",
        "https://pictures.example/" + "a" * 70_000,
    ],
)
def test_other_addresses_are_refused_before_anybody_is_asked(url: str, network: Callable[..., Network]) -> None:
    connected.clear()

    with refused("fetch_not_allowed"):
        fetch(url, _network=network())

    assert connected == []


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
    ],
)
def test_this_machine_is_not_asked_however_it_is_written(host: str, server: Server) -> None:
    connected.clear()

    with refused("fetch_not_allowed"):
        fetch(f"https://{host}:{server.port}/", ports=[server.port])

    assert connected == []


PRIVATE = [
    "0.0.0.0",  # noqa: S104 - not bound to, asked for
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.2",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:0:a00:1::f5ff:fffe",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_redirect_to_what_is_not_public_is_not_followed(
    address: str, server: Server, get: Callable[..., bytes]
) -> None:
    host = f"[{address}]" if ":" in address else address
    server.answers["/"] = redirect(f"https://{host}:{server.port}/latest/meta-data/")

    with refused("fetch_not_allowed"):
        get()

    assert server.paths == ["/"]
    assert asked(server) == set()


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_of_what_is_not_public_is_refused(address: str, server: Server, get: Callable[..., bytes]) -> None:
    for addresses in ([address], [str(HERE), address], [address, str(HERE)]):
        with refused("fetch_not_allowed"):
            get(host="evil.example", evil=[addresses])

    assert connected == []


@pytest.mark.parametrize("address", PUBLIC)
def test_the_rest_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_a_name_that_answers_otherwise_the_second_time_gains_nothing(
    server: Server, inside: socket.socket, get: Callable[..., bytes], network: Callable[..., Network]
) -> None:
    server.answers["/"] = answer(b"picture")
    server.answers["/again"] = redirect("/")

    assert get(host="pictures.example", pictures=[[str(HERE)], [str(INSIDE)]]) == b"picture"
    with refused("fetch_not_allowed"):
        get("/again", pictures=[[str(HERE)], [str(INSIDE)]])

    assert server.paths == ["/", "/again"]
    assert asked(server) == set()


def test_the_next_address_of_a_name_is_tried_where_one_does_not_answer(
    server: Server, get: Callable[..., bytes], authority: Any
) -> None:
    server.answers["/"] = answer(b"picture")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    both = Network(lambda host, port: [INSIDE, HERE], lambda address: True, lambda: context)

    file = fetch(f"https://pictures.example:{server.port}", ports=[server.port], _network=both)

    assert file.read() == b"picture"
    assert connected == [(str(INSIDE), server.port), (str(HERE), server.port)]


def test_a_name_whose_addresses_all_refuse_gives_nothing(server: Server) -> None:
    closed = Network(lambda host, port: [INSIDE], lambda address: True)

    with refused("fetch_failed"):
        fetch(f"https://pictures.example:{server.port}", ports=[server.port], _network=closed)


@pytest.mark.parametrize("host", ["nobody.invalid", "a" * 64 + ".invalid"])
def test_a_name_without_an_address_gives_nothing(host: str) -> None:
    with refused("fetch_failed"):
        fetch(f"https://{host}/")


# Redirects


@pytest.mark.parametrize("status", ["301 A", "302 A", "303 A", "307 A", "308 A"])
def test_three_redirects_are_followed_and_a_fourth_is_not(
    status: str, server: Server, get: Callable[..., bytes]
) -> None:
    server.answers["/3"] = redirect("/2", status)
    server.answers["/2"] = redirect(f"//pictures.example:{server.port}/1", status)
    server.answers["/1"] = redirect(f"https://pictures.example:{server.port}/0", status)
    server.answers["/0"] = answer(b"picture")
    server.answers["/4"] = redirect("3", status)

    assert get("/3") == b"picture"
    server.requests.clear()
    with refused("fetch_failed"):
        get("/4")

    assert server.paths == ["/4", "/3", "/2", "/1"]


@pytest.mark.parametrize(
    "to",
    [
        "http://pictures.example/",
        "https://a:b@pictures.example/",
        "https://pictures.example:22/",
        "file:///",
        "https://[::1/",
    ],
)
def test_a_redirect_is_held_to_the_same_rules(to: str, server: Server, get: Callable[..., bytes]) -> None:
    server.answers["/"] = redirect(to)

    with refused("fetch_not_allowed"):
        get()

    assert server.paths == ["/"]
    assert asked(server) == set()


# Certificates


def test_a_certificate_for_another_name_is_not_accepted(server: Server, get: Callable[..., bytes]) -> None:
    with refused("fetch_failed"):
        get(host="other.example", other=[[str(HERE)]])

    assert server.names == ["other.example"]
    assert server.requests == []


def test_a_certificate_of_an_unknown_authority_is_not_accepted(server: Server) -> None:
    names = Network(lambda host, port: [HERE], lambda address: True)

    with refused("fetch_failed"):
        fetch(f"https://pictures.example:{server.port}", ports=[server.port], _network=names)

    assert server.requests == []


# Bodies


CASES = {
    "missing": answer(b"nothing", "404 Not Found"),
    "error": answer(b"", "500 Error"),
    "a part": answer(b"picture", "206 Partial Content"),
    "a redirect to nowhere": answer(b"", "302 Found"),
    "compressed": answer(gzip.compress(bytes(10_000_000)), content_encoding="gzip"),
    "compressed twice": answer(gzip.compress(b""), content_encoding="gzip, gzip"),
    "compressed on the way": answer(gzip.compress(b""), transfer_encoding="gzip, chunked"),
    "shorter than it says": answer(b"picture", content_length="70"),
    "two lengths": answer(b"picture", content_length="7\r\nContent-Length: 8"),
    "a negative length": answer(b"picture", content_length="-7"),
    "a length of thousands of digits": answer(b"picture", content_length="7" * 5000),
    "headers without end": [b"HTTP/1.1 200 OK\r\n", *[b"a: " + b"b" * 1000 + b"\r\n"] * 1000],
    "no http": [b"220 smtp.example ESMTP\r\n"],
    "nothing": [],
}


@pytest.mark.parametrize("case", CASES)
def test_an_answer_that_is_no_file_is_refused(case: str, server: Server, get: Callable[..., bytes]) -> None:
    server.answers["/"] = CASES[case]

    with refused("fetch_failed"):
        get()


def test_what_comes_after_the_said_length_is_not_read(server: Server, get: Callable[..., bytes]) -> None:
    server.answers["/"] = answer(b"picture and more", content_length="7", content_encoding="identity")

    assert get() == b"picture"


def test_a_body_may_have_as_many_bytes_as_are_allowed_and_no_more(server: Server, get: Callable[..., bytes]) -> None:
    server.answers["/"] = answer(bytes(100_000))
    server.answers["/more"] = [b"HTTP/1.1 200 OK\r\n\r\n", bytes(100_001)]

    assert len(get()) == 100_000
    with refused("too_large"):
        get("/more")


def test_a_body_that_says_it_is_too_large_is_not_waited_for(server: Server, get: Callable[..., bytes]) -> None:
    server.answers["/"] = server.slowly(answer(content_length="100001") + [b"a"] * 1000)

    with refused("too_large"):
        get()


@pytest.mark.parametrize("chunked", [False, True], ids=["until it closes", "in chunks"])
def test_a_body_without_end_is_read_up_to_the_limit(chunked: bool, server: Server, get: Callable[..., bytes]) -> None:
    head, piece = b"HTTP/1.1 200 OK\r\n", bytes(50_000)
    if chunked:
        head, piece = head + b"Transfer-Encoding: chunked\r\n", b"%x\r\n%s\r\n" % (len(piece), piece)
    server.answers["/"] = itertools.chain([head + b"\r\n"], itertools.repeat(piece))

    with refused("too_large"):
        get()

    for thread in server.threads[1:]:
        thread.join()  # it ends because nobody reads any more
    assert server.sent < 20_000_000  # what both ends of a connection keep for each other


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [b"H", b"T", b"T", b"P"] * 1000,
        [b"HTTP/1.1 200 OK\r\n", *[b"a: b\r\n"] * 1000],
        [b"HTTP/1.1 100 Continue\r\n\r\n"] * 1000,
        [*answer(content_length="1000"), *[b"a"] * 1000],
    ],
    ids=["silence", "no headers", "headers", "promises", "a body"],
)
def test_what_comes_byte_by_byte_ends_with_the_time_for_the_whole(
    pieces: list[bytes], server: Server, get: Callable[..., bytes]
) -> None:
    server.answers["/"] = server.slowly(pieces or [b"", *[b""] * 1000])

    with refused("fetch_failed"):
        get(seconds=0.3)


def test_who_takes_the_connection_and_says_nothing_is_left() -> None:
    with socket.create_server((str(HERE), 0)) as silent:
        port = silent.getsockname()[1]
        names = Network(lambda host, port: [HERE], lambda address: True, seconds=0.2)
        with refused("fetch_failed"):
            fetch(f"https://pictures.example:{port}", ports=[port], _network=names)


def test_nothing_is_begun_when_the_time_is_over(server: Server, get: Callable[..., bytes]) -> None:
    with refused("fetch_failed"):
        get(seconds=0)

    assert connected == []


# The only door


def imported(path: Path) -> set[str]:
    """The modules that a file imports, under every name that leads to one."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return found


def test_no_other_module_opens_connections() -> None:
    openers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(name == one or name.startswith(f"{one}.") for name in imported(path) for one in OPENERS)
    }

    assert openers == {"fetch.py", *EXEMPT}


def test_without_httpx_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    monkeypatch.delitem(sys.modules, "django_avatars.fetch")

    with pytest.raises(ImproperlyConfigured, match=r"pip install django-avatars\[fetch\]"):
        importlib.import_module("django_avatars.fetch")
