"""Which compiler builds for a board, and what to install where none does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_build import ToolchainMissing, UnknownBoard, find_toolchain, missing_tools
from firmware_build.toolchain import require_tools

AddTool = Callable[..., Path]
COMPILES_ALL = "exit 0"
ONLY_64_BITS = 'case " $* " in *" -m32 "*) exit 1;; esac'


@pytest.fixture
def environ(tmp_path: Path, tools: Path) -> dict[str, str]:
    """An environment in which nothing is installed but what a test adds."""
    return {"PATH": str(tools), "HOME": str(tmp_path)}


def install_sdk(folder: Path, *targets: str) -> Path:
    for target in targets:
        (folder / target / "bin").mkdir(parents=True)
        (folder / target / "bin" / f"{target}-gcc").touch()
    return folder


def test_native_sim_is_built_by_the_host_compiler(environ: dict[str, str], add_tool: AddTool) -> None:
    add_tool("gcc", COMPILES_ALL)

    assert find_toolchain("native_sim", environ).environment == {"ZEPHYR_TOOLCHAIN_VARIANT": "host"}


def test_a_host_without_32_bit_libraries_needs_gcc_multilib(environ: dict[str, str], add_tool: AddTool) -> None:
    add_tool("gcc", ONLY_64_BITS)

    with pytest.raises(ToolchainMissing) as error:
        find_toolchain("native_sim", environ)

    assert "gcc-multilib, or choose native_sim/native/64" in error.value.cure
    assert find_toolchain("native_sim/native/64", environ).variant == "host"


def test_the_newest_sdk_with_a_compiler_for_the_board_is_taken(tmp_path: Path, environ: dict[str, str]) -> None:
    install_sdk(tmp_path / "zephyr-sdk-0.9.5", "arm-zephyr-eabi")
    newest = install_sdk(tmp_path / "zephyr-sdk-0.17.4", "arm-zephyr-eabi")
    install_sdk(tmp_path / "zephyr-sdk-1.0.0", "riscv64-zephyr-elf")

    assert find_toolchain("mps2/an385", environ).environment == {
        "ZEPHYR_TOOLCHAIN_VARIANT": "zephyr",
        "ZEPHYR_SDK_INSTALL_DIR": str(newest),
    }


def test_an_sdk_that_is_named_comes_before_one_that_is_found(tmp_path: Path, environ: dict[str, str]) -> None:
    install_sdk(tmp_path / "zephyr-sdk-0.17.4", "arm-zephyr-eabi")
    named = install_sdk(tmp_path / "mine" / "sdk", "arm-zephyr-eabi")

    toolchain = find_toolchain("mps2/an385", {**environ, "ZEPHYR_SDK_INSTALL_DIR": str(named)})

    assert toolchain.environment["ZEPHYR_SDK_INSTALL_DIR"] == str(named)


def test_without_an_sdk_the_arm_compiler_on_path_is_taken(
    tools: Path, environ: dict[str, str], add_tool: AddTool
) -> None:
    add_tool("arm-none-eabi-gcc")

    assert find_toolchain("stm32f769i_disco", environ).environment == {
        "ZEPHYR_TOOLCHAIN_VARIANT": "gnuarmemb",
        "GNUARMEMB_TOOLCHAIN_PATH": str(tools.parent),
    }


def test_without_an_sdk_qemu_x86_is_built_by_the_host_compiler(environ: dict[str, str], add_tool: AddTool) -> None:
    add_tool("gcc", COMPILES_ALL)

    toolchain = find_toolchain("qemu_x86", environ)

    assert toolchain.variant == "host"
    c_flags = next(option for option in toolchain.options if option.startswith("-DCMAKE_C_FLAGS="))
    assert "-m32" in c_flags, "Zephyr expects a compiler that makes 32-bit code unasked"
    assert "-mpreferred-stack-boundary=2" in c_flags, "else the sample's connector threads overflow their stacks"


def test_an_explicit_variant_is_respected(tmp_path: Path, environ: dict[str, str], add_tool: AddTool) -> None:
    install_sdk(tmp_path / "zephyr-sdk-0.17.4", "arm-zephyr-eabi")
    add_tool("arm-none-eabi-gcc")

    for variant in ("gnuarmemb", "cross-compile"):
        assert find_toolchain("mps2/an385", {**environ, "ZEPHYR_TOOLCHAIN_VARIANT": variant}).variant == variant


@pytest.mark.parametrize(
    ("board", "variables", "message"),
    [
        ("mps2/an385", {}, "no Arm compiler"),
        ("mps2/an385", {"ZEPHYR_TOOLCHAIN_VARIANT": "zephyr"}, "no Zephyr SDK with arm-zephyr-eabi"),
        ("mps2/an385", {"ZEPHYR_TOOLCHAIN_VARIANT": "host"}, "cannot build for mps2/an385, an Arm board"),
        ("mps2/an385", {"GNUARMEMB_TOOLCHAIN_PATH": "/opt/none"}, "GNUARMEMB_TOOLCHAIN_PATH=/opt/none has no"),
        ("qemu_x86", {"ZEPHYR_TOOLCHAIN_VARIANT": "gnuarmemb"}, "which is no Arm board"),
        ("native_sim", {}, "no gcc on PATH"),
    ],
)
def test_a_compiler_that_is_missing_or_does_not_fit_is_named(
    environ: dict[str, str], board: str, variables: dict[str, str], message: str
) -> None:
    with pytest.raises(ToolchainMissing, match=message):
        find_toolchain(board, {**environ, **variables})


def test_everything_that_is_missing_is_listed_with_the_command_that_installs_it(
    environ: dict[str, str], add_tool: AddTool
) -> None:
    add_tool("cmake")
    add_tool("make")

    missing = missing_tools("native_sim", environ)

    assert [it.name for it in missing] == ["ninja", "no gcc on PATH to build native_sim with"]
    assert all("apt-get install" in it.cure for it in missing)
    with pytest.raises(ToolchainMissing, match="ninja; no gcc on PATH"):
        require_tools("native_sim", environ)


def test_nothing_is_missing_where_all_is_installed(environ: dict[str, str], add_tool: AddTool) -> None:
    for name in ("cmake", "ninja", "make", "gcc"):
        add_tool(name)

    assert missing_tools("native_sim", environ) == []
    require_tools("native_sim", environ)


def test_tools_for_an_unknown_board_are_not_guessed() -> None:
    with pytest.raises(UnknownBoard):
        missing_tools("frdm_k64f")
