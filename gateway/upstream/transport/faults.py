"""What goes wrong on a socket, as our failures: never in the library's words, which hold URLs."""

import ssl

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError, DecompressSizeError

from ...domain.failures import Failure, Malformed, TlsFailure, Unavailable


class AddressRefusedError(OSError):
    """The vendor's name leads to an address of the private kind."""


def of(error: Exception, *, sent: bool | None) -> Failure:
    """What an exception of the HTTP library or the system means.

    `sent` None: bytes were handed to the socket, and whether they left cannot be known.
    """
    match error:
        case aiohttp.ClientConnectorDNSError():
            if isinstance(error.os_error, AddressRefusedError):
                return refused_address()
            return Unavailable("The vendor's host name cannot be resolved.", sent=False)
        case aiohttp.ClientSSLError() | ssl.SSLCertVerificationError():
            return TlsFailure(
                "The vendor's certificate or encryption cannot be trusted.", sent=False
            )
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return Unavailable("The vendor cannot be reached.", sent=False)
        case aiohttp.ClientPayloadError():
            return _broken_body(error)
        case aiohttp.ClientResponseError():
            return Malformed("The vendor's answer is not proper HTTP.", sent=True)
        case _:
            return Unavailable("The connection to the vendor broke.", sent=sent)


def refused_address() -> Failure:
    """The vendor's address is one of the gateway's own network; it is never connected to."""
    return Unavailable("The vendor's host leads to an address that is not public.", sent=False)


def _broken_body(error: aiohttp.ClientPayloadError) -> Failure:
    if isinstance(error.__cause__, ContentEncodingError | DecompressSizeError):
        return Malformed("The vendor's answer is not encoded as it says.", sent=True)
    return Unavailable("The vendor's answer broke off.", sent=True)
