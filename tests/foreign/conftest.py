"""Charge points that we did not write: two of the npm registry, installed here once, as their lock file says."""

import shutil
import subprocess
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parent / "clients"
INSTALL_S = 120


@pytest.fixture(scope="session")
def clients() -> Path:
    """The folder of the clients, installed; skipped by name where that cannot be."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node.js or npm is missing (Debian: apt-get install nodejs npm): no foreign charge points")
    installed, lock = CLIENTS / "node_modules" / ".package-lock.json", CLIENTS / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        command = ["npm", "ci", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=CLIENTS, capture_output=True, text=True, timeout=INSTALL_S, check=False)
        if done.returncode:
            pytest.skip(f"`npm ci` in {CLIENTS} failed, is the registry within reach? {done.stderr.strip()[-300:]}")
    return CLIENTS
