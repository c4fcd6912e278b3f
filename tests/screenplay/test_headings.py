"""What a heading says about place and time."""

import pytest

from scenes.screenplay.headings import TimeOfDay, read_heading

T = TimeOfDay


@pytest.mark.parametrize(
    ("text", "interior", "location", "words", "time"),
    [
        ("INT. HOUSE - DAY", "INT", "HOUSE", "DAY", T.DAY),
        ("ext. house - night", "EXT", "house", "night", T.NIGHT),
        ("EST. CITY - DAWN", "EXT", "CITY", "DAWN", T.DAWN),
        ("INT./EXT. CAR - DUSK", "INT/EXT", "CAR", "DUSK", T.DUSK),
        ("I/E CAR - SUNSET", "INT/EXT", "CAR", "SUNSET", T.DUSK),
        ("INT. HOUSE - KITCHEN - LATE AFTERNOON", "INT", "HOUSE - KITCHEN", "LATE AFTERNOON", T.AFTERNOON),
        ("INT. HOUSE - DAY - FLASHBACK", "INT", "HOUSE", "DAY - FLASHBACK", T.DAY),
        ("INT. HOUSE - NIGHT (1986)", "INT", "HOUSE", "NIGHT (1986)", T.NIGHT),
        ("EXT. FIELD – MORNING", "EXT", "FIELD", "MORNING", T.MORNING),
        ("EXT. FIELD -- EVENING", "EXT", "FIELD", "EVENING", T.EVENING),
        ("EXT. FIELD — DAY 12", "EXT", "FIELD", "DAY 12", T.DAY),
        ("EXT. FIELD, NIGHT", "EXT", "FIELD", "NIGHT", T.NIGHT),
        ("EXT. FIELD (DAWN)", "EXT", "FIELD", "DAWN", T.DAWN),
        ("EXT. FIELD - MAGIC HOUR", "EXT", "FIELD", "MAGIC HOUR", T.DUSK),
        ("INT. NIGHT CLUB", "INT", "NIGHT CLUB", "", None),
        ("INT. DRIVE-IN CINEMA - NIGHT", "INT", "DRIVE-IN CINEMA", "NIGHT", T.NIGHT),
        ("INT. HOUSE - BRILLIG", "INT", "HOUSE", "BRILLIG", None),
        ("THE STREET - THE NEXT DAY", "", "THE STREET", "THE NEXT DAY", T.DAY),
        ("INT. CAFÉ - NUIT", "INT", "CAFÉ", "NUIT", T.NIGHT),
        ("ИНТ. КУХНЯ - НОЧЬ", "INT", "КУХНЯ", "НОЧЬ", T.NIGHT),
        ("INNEN. KÜCHE - TAG", "INT", "KÜCHE", "TAG", T.DAY),
        ("INT. - DAY", "INT", "DAY", "", None),
        ("INT. ../../etc/passwd - DAY", "INT", "/../etc/passwd", "DAY", T.DAY),
        ("INT. 🚀 - NIGHT", "INT", "🚀", "NIGHT", T.NIGHT),
    ],
)
def test_reading(text: str, interior: str, location: str, words: str, time: TimeOfDay | None) -> None:
    heading = read_heading(text)
    assert (heading.interior, heading.location, heading.time_words, heading.time_of_day) == (
        interior,
        location,
        words,
        time,
    )
    assert not heading.follows


@pytest.mark.parametrize("words", ["CONTINUOUS", "LATER", "MOMENTS LATER", "SAME", "SAME TIME", "A MOMENT LATER"])
def test_words_that_follow_the_scene_before(words: str) -> None:
    heading = read_heading(f"INT. HOUSE - {words}")
    assert heading.follows
    assert (heading.location, heading.time_of_day) == ("HOUSE", None)


def test_a_time_named_with_later_wins() -> None:
    heading = read_heading("INT. HOUSE - LATER THAT NIGHT")
    assert (heading.time_of_day, heading.follows) == (T.NIGHT, False)
