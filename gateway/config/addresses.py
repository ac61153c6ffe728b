"""Kinds of values that name something on a network: listeners, peers, IP networks, URLs."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from gateway.config import units
from gateway.config.kinds import ScalarKind
from gateway.config.units import Address

IpNetwork = IPv4Network | IPv6Network


class ListenKind(ScalarKind[Address]):
    """An IP address and port to listen at; port 0 lets the system choose. A name would bind whatever it resolves to."""

    expected = "IP:PORT, e.g. 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080"

    def parse(self, text: str) -> Address:
        address = units.parse_address(text)
        if address.host != "localhost" and not _is_ip(address.host):
            raise self.wrong("has no IP address to listen at")
        return address

    def stand_in(self) -> Address:
        return Address("127.0.0.1", 0)


class PeerKind(ScalarKind[Address]):
    """The host, by name or address, and port of somebody else's server."""

    expected = "HOST:PORT, e.g. smsc.example.net:2775 or [2001:db8::1]:2775"

    def parse(self, text: str) -> Address:
        address = units.parse_address(text)
        if address.port == 0:
            raise self.wrong("has port 0, which nothing can be reached at")
        return address

    def stand_in(self) -> Address:
        return Address("127.0.0.1", 1)


class HostKind(ScalarKind[str]):
    """A host name or an IP address, without brackets and port."""

    expected = "a host name or an IP address, e.g. smsc.example.net"

    def parse(self, text: str) -> str:
        if _is_ip(text):
            return text
        if ":" in text:
            raise self.wrong("has a colon (the port has its own key)")
        if not text or len(text) > 253 or not all(_is_label(label) for label in text.removesuffix(".").split(".")):
            raise self.wrong("is not a host name")
        return text

    def stand_in(self) -> str:
        return "127.0.0.1"


class IpKind(ScalarKind[str]):
    """An IP address."""

    expected = "an IP address, e.g. 192.0.2.10"

    def parse(self, text: str) -> str:
        if not _is_ip(text):
            raise self.wrong("is not an IP address")
        return text

    def stand_in(self) -> str:
        return "127.0.0.1"


class IpNetworkKind(ScalarKind[IpNetwork]):
    """An IP network, or one address."""

    expected = "an IP network or address, e.g. 10.1.0.0/16 or 192.0.2.10"

    def parse(self, text: str) -> IpNetwork:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            raise self.wrong("is not an IP network") from None
        # 10.1.2.3/8 is more likely a slip than a wish; guessing it wide would let strangers in.
        if "/" in text and str(network.network_address) != str(ip_address(text.partition("/")[0])):
            raise self.wrong(f"has bits outside its mask (the network would be {network})")
        return network

    def stand_in(self) -> IpNetwork:
        return IPv4Network("255.255.255.255/32")


class UrlKind(ScalarKind[str]):
    """An http or https URL; with `holding`, one that must contain that text."""

    def __init__(self, example: str, holding: str = "") -> None:
        self.expected = f"an http or https URL{f' with {holding}' if holding else ''}, e.g. {example}"
        self._holding = holding

    def parse(self, text: str) -> str:
        parts = _split(text)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise self.wrong("is not an http or https URL")
        if parts.fragment or any(character.isspace() for character in text):
            raise self.wrong("has a fragment or a space")
        if self._holding not in text:
            raise self.wrong(f"does not contain {self._holding}")
        return text

    def stand_in(self) -> str:
        return "http://127.0.0.1/"


class UrlPatternKind(UrlKind):
    """A URL whose path may end in `*`. Scheme and host stand as they are, so that a pattern never opens all hosts."""

    def __init__(self) -> None:
        super().__init__("https://host/*")

    def parse(self, text: str) -> str:
        super().parse(text)
        parts = _split(text)
        before = text.removesuffix("*")
        if parts is None or "*" in before or (text.endswith("*") and not parts.path.startswith("/")):
            raise self.wrong("has a * elsewhere than at the end of the path")
        return text


def is_loopback(host: str) -> bool:
    """Whether a listener at `host` (an IP address or localhost) can only be reached from this machine."""
    return host == "localhost" or ip_address(host).is_loopback


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_label(label: str) -> bool:
    # RFC 1123 §2.1; the underscore is met in private zones and Docker networks.
    inner = label.replace("-", "").replace("_", "")
    return inner.isascii() and inner.isalnum() and len(label) <= 63 and label[0] != "-" and label[-1] != "-"


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return None
    return parts
