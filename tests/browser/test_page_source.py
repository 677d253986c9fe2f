"""What holds for the page's files as they are written."""

import re
import shutil
import subprocess

import pytest

from central_system.web.static_files import PAGE

MODULES = sorted(PAGE.rglob("*.js"))
MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
OUTSIDE = re.compile(r"""["'`(](?:https?:)?//(?!www\.w3\.org/)""")


def test_nothing_becomes_markup_or_code_that_was_text() -> None:
    assert len(MODULES) > 20
    assert [path.name for path in MODULES if MARKUP.search(path.read_text(encoding="utf-8"))] == []


def test_nothing_is_asked_of_other_hosts() -> None:
    files = [path for path in PAGE.rglob("*") if path.is_file()]
    assert [path.name for path in files if OUTSIDE.search(path.read_text(encoding="utf-8"))] == []


def test_each_module_says_what_it_is_for_and_is_short() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in MODULES}
    assert [name for name, text in texts.items() if not text.startswith("/**") or text.count("\n") > 250] == []


def test_node_reads_all_of_it() -> None:
    if not shutil.which("node"):
        pytest.skip("node is not installed: apt-get install nodejs")
    for module in MODULES:
        source = module.read_bytes()
        command = ["node", "--input-type=module", "--check"]
        finished = subprocess.run(command, input=source, capture_output=True, check=False, timeout=30)
        assert finished.returncode == 0, f"{module}: {finished.stderr.decode()}"
