"""Who is let in (OCPP-J 1.6 §3.2 and §6.2; OCPP 1.6 security white paper, profiles 1 to 3)."""

from dataclasses import dataclass
from http import HTTPStatus

from websockets.http11 import Request

from central_system.caller import Caller
from central_system.paths import identity_of
from central_system.registry.registry import Registry
from central_system.security.basic import CHALLENGE, password_in
from central_system.security.passwords import PasswordCheck


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer to an upgrade request that is refused; `why` is for the operator, `text` for whoever asked."""

    status: HTTPStatus
    why: str
    text: str
    headers: tuple[tuple[str, str], ...] = ()


class Gate:
    """Decides about upgrade requests by registry, certificate and password."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._passwords = PasswordCheck()

    async def refusal(self, caller: Caller, request: Request) -> Refusal | None:
        """Why this charge point may not come in; None where it may."""
        identity = identity_of(request.path)
        if identity is None:
            return _nobody(request.path, "there is no charge point's identity in its path")
        if caller.names is not None and identity not in caller.names:
            names = ", ".join(caller.names) or "nobody"
            return Refusal(
                HTTPStatus.FORBIDDEN,
                f"its certificate is that of {names}, not of {identity}",
                f"this certificate is not that of {identity}\n",
            )
        if not self._registry.admits(identity):
            return _nobody(request.path, f"nobody registered {identity}")
        kept = self._registry.known(identity).password
        if kept is None or caller.names is not None:
            # No password was set (one that comes all the same is nothing to compare with); or the certificate is proof,
            # as profile 3 has it.
            return None
        given = password_in(request.headers, identity)
        if isinstance(given, bytes) and await self._passwords.right(identity, kept, given):
            return None
        return Refusal(
            HTTPStatus.UNAUTHORIZED,
            given if isinstance(given, str) else "its password is wrong",
            "the charge point's identity and password are needed\n",
            (("WWW-Authenticate", CHALLENGE),),
        )

    def close(self) -> None:
        """End what it does in threads."""
        self._passwords.close()


def _nobody(path: str, why: str) -> Refusal:
    return Refusal(HTTPStatus.NOT_FOUND, why, f"no charge point is served at {path}\n")
