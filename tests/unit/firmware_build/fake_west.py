"""Stands in for west: configures by merging fragments, "compiles" by copying an image, notes each call.

The image to copy, and what to do wrong, come in environment variables.
"""

import os
import re
import sys
from pathlib import Path

arguments = sys.argv[1:]
tree = Path(arguments[arguments.index("-d") + 1])
zephyr = tree / "zephyr"
with Path(os.environ["FAKE_WEST_CALLS"]).open("a") as calls:
    calls.write(" ".join(arguments) + "\n")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def configure() -> None:
    sample = Path(arguments[arguments.index("--") - 1])
    options = dict(option.removeprefix("-D").split("=", 1) for option in arguments[arguments.index("--") + 1 :])
    files = [sample / "prj.conf", *map(Path, options["EXTRA_CONF_FILE"].split(";"))]
    config = "".join(path.read_text() for path in files)
    if undefined := re.search(r"CONFIG_(UNDEFINED\w*)", config):
        sys.exit(f"warning: attempt to assign the value 'y' to the undefined symbol {undefined[1]}")
    if "CMAKE_KEEPS_ITS_CACHE" in os.environ and (tree / "CMakeCache.txt").exists():
        sys.exit("CMake Error: the source does not match the source used to generate cache")
    zephyr.mkdir(parents=True, exist_ok=True)
    (tree / "CMakeCache.txt").write_text(options["BUILD_VERSION"])
    (zephyr / ".config").write_text(re.sub(r"CONFIG_REFUSED=y", "# CONFIG_REFUSED is not set", config))


def compile_all() -> None:
    say("[1/2] Building C object main.c.obj")
    if "BROKEN" in os.environ:
        say("FAILED: main.c.obj\nmain.c:1:1: error: expected identifier\nninja: build stopped")
        sys.exit(1)
    nonce = os.environ.get("STALE_BUILD") or (tree / "CMakeCache.txt").read_text()
    image = Path(os.environ["FAKE_IMAGE"]).read_bytes().replace(b"NONCENONCE12", nonce.encode())
    say("[2/2] Linking C executable zephyr.exe")
    for name in ("zephyr.elf", "zephyr.exe"):
        (zephyr / name).write_bytes(image)


configure() if "--cmake-only" in arguments else compile_all()
