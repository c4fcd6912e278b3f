"""Scene numbers and shot letters as on set."""

import random
from itertools import pairwise

import pytest

from scenes.screenplay.numbering import LETTERS, new_scene_number, new_shot_letter, number_key, shot_letter


@pytest.mark.parametrize(
    ("existing", "index", "number"),
    [
        ([], 0, "1"),
        (["1", "2"], 2, "3"),
        (["12", "13"], 1, "12A"),
        (["12", "12A", "13"], 2, "12B"),
        (["12", "12A", "12B"], 2, "12AA"),
        (["12A", "12AA", "12B"], 2, "12AB"),
        (["12", "12A"], 1, "A12A"),
        (["12", "A12A", "12A"], 2, "B12A"),
        (["1", "2"], 0, "A1"),
        (["A1", "1"], 0, "AA1"),
        (["12H", "13"], 1, "12J"),
        (["12N", "13"], 1, "12P"),
        (["12Z", "13"], 1, "12ZA"),
        (["12a", "13"], 1, "12B"),
    ],
)
def test_the_number_of_an_inserted_scene(existing: list[str], index: int, number: str) -> None:
    assert new_scene_number(existing, index) == number


def test_a_number_once_used_never_comes_back() -> None:
    assert new_scene_number(["12", "13"], 1, retired=["12A"]) == "12B"
    assert new_scene_number(["1"], 1, retired=["7"]) == "8"


@pytest.mark.parametrize("existing", [["3", "2"], ["2.5", "x"], ["", "1"], ["12-B", "13"], ["99999999", "1"]])
def test_odd_numbers_still_give_a_free_one(existing: list[str]) -> None:
    for index in range(3):
        assert new_scene_number(existing, index) not in existing


def test_many_insertions_stay_unique_and_mostly_in_order() -> None:
    dice = random.Random(4)
    numbers = [str(n) for n in range(1, 61)]
    for _ in range(60):
        index = dice.randrange(len(numbers) + 1)
        numbers.insert(index, new_scene_number(numbers, index))
    assert len(set(numbers)) == len(numbers)
    keys = [number_key(number) for number in numbers]
    assert all(key is not None for key in keys)
    ordered = sum(one < other for one, other in pairwise(keys) if one is not None and other is not None)
    assert ordered >= len(numbers) * 0.95


def test_shot_letters_skip_i_and_o() -> None:
    assert [shot_letter(index) for index in (0, 7, 8, 12, 13, 23, 24, 25, 47, 48)] == [
        *("A", "H", "J", "N", "P", "Z", "AA", "AB", "AZ", "BA"),
    ]
    letters = [shot_letter(index) for index in range(2000)]
    assert len(set(letters)) == 2000
    assert set("".join(letters)) == set(LETTERS)
    with pytest.raises(ValueError, match="counted from 0"):
        shot_letter(-1)


def test_the_next_shot_letter_is_behind_all_that_were_used() -> None:
    assert new_shot_letter([]) == "A"
    assert new_shot_letter(["A", "C"]) == "D"
    assert new_shot_letter(["Z", "odd name"]) == "AA"
