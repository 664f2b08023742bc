"""
Pictures from elsewhere: `fetch` opens an address that somebody else chose, and nothing but the public internet.

Whoever may name an address can make a server ask for things that only the server reaches: its own ports, its
neighbors, the credentials of its cloud. So each name is resolved, checked and connected to in one step, and what was
checked is what is connected to. httpcore is used below httpx's client: it follows no redirect, keeps no cookie, reads
no environment and decodes nothing, so none of that has to be switched off.
"""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile

from .conf import get_settings
from .exceptions import FetchRefused
from .imaging.rejected import readable_bytes

try:
    import httpcore
    import httpx
except ImportError as exc:
    raise ImproperlyConfigured(
        "Using django_avatars.fetch, but the 'httpx' package is not installed. "
        "Install it with `pip install django-avatars[fetch]`."
    ) from exc

Address = IPv4Address | IPv6Address

REDIRECTS = 3
"""How often an address may lead to another one."""

SECONDS = 10
"""How long everything may take together, except that the resolver of the system has a limit of its own."""

HEADERS: Mapping[bytes | str, bytes | str] = {
    b"Accept": b"image/*",
    b"Accept-Encoding": b"identity",
    b"Connection": b"close",
    b"User-Agent": b"django-avatars",
}

CLOSED = (
    ip_network("168.63.129.16/32"),  # a public address, and the host of every machine in Azure
    ip_network("192.0.0.0/24"),  # metadata at Oracle; global in some versions of Python
)
UNICAST = ip_network("2000::/3")
"""All that is handed out of IPv6; `is_global` also takes what is deprecated or reserved, such as fec0::/10 and ::/8."""
NAT64 = ip_network("64:ff9b::/96")

_FAILURES = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    OSError,
    ValueError,  # a name that the resolver cannot write, a length of thousands of digits
)


def is_public(address: Address) -> bool:
    """Whether `address`, and every IPv4 address inside it, belongs to the public internet."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and not any(address in net for net in CLOSED)
    if address.ipv4_mapped is not None or address in NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    inside = [one for one in (address.sixtofour, *(address.teredo or ())) if one is not None]
    return address in UNICAST and address.is_global and all(map(is_public, inside))


def resolve(host: str, port: int) -> list[Address]:
    """Every address of `host`, in the order of the system. Raises `OSError` where there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(one[4][0]) for one in dict.fromkeys(found)]


@dataclasses.dataclass(frozen=True)
class Network:
    """What `fetch` goes out by. Tests put a resolver, authorities and a rule of their own in its place."""

    resolve: Callable[[str, int], list[Address]] = resolve
    allows: Callable[[Address], bool] = is_public
    tls: Callable[[], ssl.SSLContext] = lambda: httpx.create_ssl_context(trust_env=False)
    seconds: float = SECONDS


INTERNET = Network()


def fetch(
    url: str, *, max_bytes: int | None = None, ports: Collection[int] = (443,), _network: Network = INTERNET
) -> ContentFile[bytes]:
    """
    The file at `url`, for `set_picture` or a form to look at as at an upload: what is in it has not been checked.

    Only https, on one of `ports`, without user and password in the address, and at most three redirects to addresses
    of the same kind. A name counts only where each of its addresses is public. `max_bytes` is the limit of the field,
    such as ``field.limits()["max_bytes"]``; None: ``AVATARS["MAX_BYTES"]``. Everything together takes ten seconds at
    most, after the name is resolved. No proxy, cookie or credential is used, and nothing compressed is accepted.

    Raises `FetchRefused`. It blocks: call it in a task, or where somebody can wait.
    """
    most = get_settings().max_bytes if max_bytes is None else max_bytes
    guard = _Guard(_network, time.monotonic() + _network.seconds)
    try:
        with httpcore.ConnectionPool(ssl_context=_network.tls(), network_backend=guard) as pool:
            return ContentFile(_follow(pool, url, most, ports), "picture")
    except _FAILURES:
        # The cause names addresses and ports, and whoever sees the traceback may be whoever gave the address.
        raise FetchRefused("fetch_failed") from None


def _follow(pool: httpcore.ConnectionPool, url: str, most: int, ports: Collection[int]) -> bytes:
    address = _checked(httpx.URL, url, ports)
    for _ in range(REDIRECTS + 1):
        target = httpcore.URL(
            scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path
        )
        with pool.stream("GET", target, headers={b"Host": address.netloc, **HEADERS}) as response:
            location = _location(response)
            if location is None:
                return _body(response, most)
        address = _checked(address.join, location, ports)
    raise FetchRefused("fetch_failed")


def _checked(parse: Callable[[str], httpx.URL], text: str, ports: Collection[int]) -> httpx.URL:
    """The address, if it is one that may be asked for."""
    try:
        url = parse(text)
    except (httpx.InvalidURL, ValueError):
        raise FetchRefused("fetch_not_allowed") from None
    port = 443 if url.port is None else url.port
    if url.scheme != "https" or not url.raw_host or url.userinfo or port not in ports:
        raise FetchRefused("fetch_not_allowed")
    return url


def _location(response: httpcore.Response) -> str | None:
    """Where a redirect leads; None for any other answer."""
    if response.status not in (301, 302, 303, 307, 308):
        return None
    return _header(response, b"location") or None


def _header(response: httpcore.Response, name: bytes) -> str:
    return ", ".join(value.decode("latin-1") for key, value in response.headers if key.lower() == name)


def _body(response: httpcore.Response, most: int) -> bytes:
    """The body, of which at most one piece is read beyond `most` bytes."""
    if response.status != 200 or _header(response, b"content-encoding").lower() not in ("", "identity"):
        raise FetchRefused("fetch_failed")
    # A length that is a lie only ends the reading earlier.
    if int(_header(response, b"content-length") or 0) > most:
        raise _too_large(most)
    body = bytearray()
    for piece in response.iter_stream():
        body += piece
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


def _too_large(most: int) -> FetchRefused:
    return FetchRefused("too_large", max=readable_bytes(most))


class _Guard(httpcore.NetworkBackend):
    """Resolves, checks and connects in one step, and lets nothing go on after the deadline."""

    def __init__(self, network: Network, deadline: float) -> None:
        self._network = network
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def left(self) -> float:
        """Seconds until the deadline, more than 0. Raises where there are none."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to an address that was checked; the name is not looked at again."""
        return _Stream(self._first(self._checked(host, port), port), self)

    def _checked(self, host: str, port: int) -> list[Address]:
        addresses = self._network.resolve(host, port)
        if not all(map(self._network.allows, addresses)):
            raise FetchRefused("fetch_not_allowed")
        return addresses

    def _first(self, addresses: list[Address], port: int) -> httpcore.NetworkStream:
        """A connection to the first one that takes it; each gets its share of the time."""
        for behind, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._sockets.connect_tcp(str(address), port, timeout=self.left() / behind)
        raise httpcore.ConnectError


class _Stream(httpcore.NetworkStream):
    """A connection of which every step ends with the deadline, so that one byte a second does not hold it open."""

    def __init__(self, inner: httpcore.NetworkStream, guard: _Guard) -> None:
        self._inner = inner
        self._guard = guard

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._guard.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._guard.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._guard.left()), self._guard)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)
