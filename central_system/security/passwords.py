"""Passwords of charge points: how they are kept, and how one that comes is compared with what is kept."""

import asyncio
import base64
import hashlib
import hmac
import logging
import os
import re
import secrets
from concurrent.futures import ThreadPoolExecutor

LOG = logging.getLogger(__name__)

SALT_BYTES, HASH_BYTES = 16, 32
COST = (13, 8, 1)
"""scrypt's cost: log2 of N, r and p (RFC 7914 §2), 8 MiB and some 25 ms. OCPP's keys are long and random and would do
with less; a bench's words would not."""
MOST_MEMORY = 1 << 26

KEPT = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)")
"""The PHC string format: everything that is needed to compare, so that the cost may change later."""
KEY = re.compile(rb"(?:[0-9A-Fa-f]{2}){16,20}")
"""An AuthorizationKey in hexadecimal: 16 to 20 bytes (white paper, A00.FR.205)."""


def hash_password(password: str) -> str:
    """What to keep of a password. Takes tens of milliseconds: call it in a thread.

    Raises:
        ValueError: the password is empty; a charge point without one has None.
    """
    if not password:
        raise ValueError("a password may not be empty; leave it out for a charge point that needs none")
    salt = os.urandom(SALT_BYTES)
    log_n, block, parallel = COST
    found = _scrypt(password.encode(), salt, COST, HASH_BYTES)
    return f"$scrypt$ln={log_n},r={block},p={parallel}${_text(salt)}${_text(found)}"


def matches(kept: str, given: bytes) -> bool:
    """Whether `given` is the password that `kept` was made of. Takes tens of milliseconds: call it in a thread."""
    found = KEPT.fullmatch(kept)
    if not found:
        LOG.error("what is kept of a password is none of `hash_password`: %.12r…; set the password anew", kept)
        return False
    log_n, block, parallel = (int(each) for each in found.groups()[:3])
    salt, expected = (base64.b64decode(each + "=" * (-len(each) % 4)) for each in found.groups()[3:])
    try:
        return hmac.compare_digest(_scrypt(given, salt, (log_n, block, parallel), len(expected)), expected)
    except ValueError as error:
        LOG.error("what is kept of a password cannot be compared (%s); set the password anew", error)  # noqa: TRY400
        return False


def _scrypt(password: bytes, salt: bytes, cost: tuple[int, int, int], length: int) -> bytes:
    log_n, block, parallel = cost
    return hashlib.scrypt(
        _key(password), salt=salt, n=1 << log_n, r=block, p=parallel, dklen=length, maxmem=MOST_MEMORY
    )


def _key(password: bytes) -> bytes:
    """The bytes that an AuthorizationKey in hexadecimal stands for; any other password as it is.

    OCPP-J 1.6 §6.2.2 has the charge point send the key's bytes; many send its hexadecimal digits. Both are that key.
    """
    return bytes.fromhex(password.decode()) if KEY.fullmatch(password) else password


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


class PasswordCheck:
    """Compares passwords without keeping the event loop waiting.

    A comparison takes a thread tens of milliseconds. What was right once is remembered as a digest under a key that
    only this process has, so that a charge point that comes back is let in at once. One comparison at a time for each
    charge point: who tries passwords under one identity keeps nobody waiting under another.
    """

    def __init__(self) -> None:
        # One core stays the event loop's.
        self._threads = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), thread_name_prefix="passwords")
        self._secret = secrets.token_bytes(32)
        self._proven: dict[str, bytes] = {}
        self._running: dict[str, asyncio.Future[bool]] = {}

    async def right(self, identity: str, kept: str, given: bytes) -> bool:
        """Whether `given` is the password of `identity`, of which `kept` is kept."""
        proof = self._proof(kept, given)
        while not self._is_proven(identity, proof):
            if running := self._running.get(identity):
                await asyncio.wait([running])
                continue
            comparison = asyncio.get_running_loop().run_in_executor(self._threads, matches, kept, given)
            self._running[identity] = comparison
            comparison.add_done_callback(lambda done: self._done(identity, proof, done))
            # A charge point that has no patience finds its password proven when it comes back.
            return await asyncio.shield(comparison)
        return True

    def close(self) -> None:
        """End the threads; what is not compared by now is not compared."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _proof(self, kept: str, given: bytes) -> bytes:
        return hashlib.blake2b(kept.encode() + b"\0" + _key(given), key=self._secret).digest()

    def _is_proven(self, identity: str, proof: bytes) -> bool:
        return hmac.compare_digest(self._proven.get(identity, b""), proof)

    def _done(self, identity: str, proof: bytes, comparison: asyncio.Future[bool]) -> None:
        del self._running[identity]
        if not comparison.cancelled() and not comparison.exception() and comparison.result():
            self._proven[identity] = proof
