"""The boards as data."""

from __future__ import annotations

import pytest

from firmware_build import BOARDS, Board, UnknownBoard, available_fragments, find_board


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_board_is_found_by_its_short_and_by_its_full_name(board: Board) -> None:
    assert find_board(board.name) is board
    assert find_board(board.target) is board


def test_the_fragments_that_boards_need_exist() -> None:
    needed = {name for board in BOARDS for name in board.fragments}

    assert needed <= {fragment.name for fragment in available_fragments()}


def test_an_unknown_board_is_refused_with_the_names_that_are_known() -> None:
    with pytest.raises(UnknownBoard, match="native_sim/native/64, qemu_x86"):
        find_board("nucleo_f767zi")
