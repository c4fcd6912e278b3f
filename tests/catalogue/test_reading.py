"""A catalogue file that is wrong is refused as a whole, with the file, the model and the key."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core import checks

from generation import catalogue
from generation.catalogue import CatalogueError, load, startup
from generation.providers.base import Operation

HEAD = """
version = "2026-01-01"
provider = "acme"
label = "Acme"
source = "its papers"

[sizes]
wide = { ratios = ["16:9", "1280:720"], resolutions = ["720p"] }

[voices]
two = ["ann", "bob"]

[shared.priced]
price = { per = "second", micros = 5, source = "its price list" }

[shared.long]
durations = { least = 2, most = 10, step = 2 }
"""
MODEL = """
[[models]]
id = "one"
label = "One"
typical_seconds = 3

[models.text_to_video]
like = ["priced", "long"]
prompt = { most = 100 }
sizes = "wide"
seed_most = 9
options.mood = ["sad", "glad"]
options.level = { least = 0, most = 1, step = 0.25 }
"""
OTHER = MODEL.replace('"one"', '"two"')

Loaded = Callable[..., dict[str, catalogue.Model]]


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """Return a function that loads files of these texts, called ``0.toml``, ``1.toml``, …"""

    def load_texts(*texts: str) -> dict[str, catalogue.Model]:
        for at, text in enumerate(texts):
            (tmp_path / f"{at}.toml").write_text(text, "utf-8")
        return load(sorted(tmp_path.glob("*.toml")))

    return load_texts


def test_a_file_says_what_a_model_takes(loaded: Loaded) -> None:
    model = loaded(HEAD + MODEL)["one"]
    capability = model.can(Operation.TEXT_TO_VIDEO)
    assert (model.provider_label, model.source, model.price_version) == ("Acme", "its papers", "2026-01-01")
    assert capability.durations is not None
    assert (capability.durations.least, capability.durations.most, capability.durations.step) == (2000, 10_000, 2000)
    assert capability.options["level"] == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert capability.sizes is not None
    assert [str(size) for size in capability.sizes.listed] == ["16:9 at 720p", "1280:720 at 720p"]
    assert model.estimate(Operation.TEXT_TO_VIDEO, {"duration_ms": 4000}) == 20


def test_the_first_of_the_shared_tables_wins_and_the_model_over_both(loaded: Loaded) -> None:
    text = HEAD + MODEL.replace('"long"]', '"long"]\ndurations = [3]')
    lengths = loaded(text)["one"].can(Operation.TEXT_TO_VIDEO).durations
    assert lengths is not None
    assert lengths.listed == (3000,)
    more = HEAD + "[shared.short]\ndurations = [1]\n" + MODEL.replace('"long"]', '"short", "long"]')
    lengths = loaded(more)["one"].can(Operation.TEXT_TO_VIDEO).durations
    assert lengths is not None
    assert lengths.listed == (1000,)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("typical_seconds = 3", "typical_seconds = 3\ncolour = 1", "0.toml, model one: colour is not known."),
        ("typical_seconds = 3", "", "0.toml, model one: typical_seconds is missing."),
        ("typical_seconds = 3", "typical_seconds = -3", "0.toml, model one: typical_seconds is -3.0, below zero."),
        ("typical_seconds = 3", 'typical_seconds = "3"', "typical_seconds is '3', not of type float."),
        ("typical_seconds = 3", "typical_seconds = true", "typical_seconds is True, not of type float."),
        ("typical_seconds = 3", "typical_seconds = 3\nquality = 6", "quality is 6, not from 1 to 5."),
        ("text_to_video", "text_to_opera", "0.toml, model one: text_to_opera is not known."),
        ("[models.text_to_video]", "[models.text_to_video.prompt]", "0.toml, model one, text_to_video, prompt: most"),
        ("seed_most = 9", 'seed_most = "9"', "0.toml, model one, text_to_video: seed_most is '9', not of type int."),
        ("seed_most = 9", "seedmost = 9", "0.toml, model one, text_to_video: seedmost is not known."),
        ("prompt = { most = 100 }", "prompt = 100", "text_to_video, prompt is 100, not a table."),
        (
            "prompt = { most = 100 }",
            'prompt = { most = 100, unit = "words" }',
            "unit is 'words', not one of characters, ",
        ),
        ('sizes = "wide"', 'sizes = "tall"', "sizes names 'tall', which is no set of this file."),
        ('sizes = "wide"', "sizes = {}", "sizes are either pixels, or ratios and resolutions, or bounds."),
        ('sizes = "wide"', 'sizes = { pixels = ["big"] }', "pixels has 'big', not a size like '1280x720'."),
        ('sizes = "wide"', "sizes = { least = 9, most = 8 }", "least and most bound nothing."),
        ('["priced", "long"]', '["cheap"]', "like names 'cheap', which is not shared in this file."),
        ('"long"]', '"long"]\ndurations = [5, 3]', "durations are not listed from the shortest to the longest."),
        (
            '"long"]',
            '"long"]\ndurations = { least = 2, most = 9, step = 2 }',
            "durations do not lead from the least to",
        ),
        ('"long"]', '"long"]\ndurations = ["5"]', "durations has '5', not a number of seconds."),
        ("seed_most = 9", "voices = 'three'", "voices names 'three', which is no list of this file."),
        ("seed_most = 9", "first_frame = 'yes'", "first_frame is 'yes', not one of no, may, must."),
        ("seed_most = 9", "references = { least = 2 }", "references: least is above most."),
        ("seed_most = 9", 'needed = ["size"]', "needed names 'size', which is no option."),
        ('options.mood = ["sad", "glad"]', "options.mood = []", "options: mood is not a list of words, numbers or"),
        (
            '["priced",',
            '["long"]\nprice = { per = "metre", micros = 1, source = "x" } #',
            "price: per is 'metre', not one",
        ),
        (
            '["priced",',
            '["long"]\nprice = { per = "second", micros = 1.5, source = "x" } #',
            "micros is 1.5, not of type",
        ),
        ('["priced",', '["long"]\nprice = { per = "second", micros = 1 } #', "price: source is missing."),
        ('version = "2026-01-01"', "", "0.toml: version is missing."),
        ('version = "2026-01-01"', "version = 2026", "0.toml: version is 2026, not of type str."),
        ('version = "2026-01-01"', "version = ", "0.toml: Invalid value"),
    ],
)
def test_a_wrong_file_is_refused(loaded: Loaded, old: str, new: str, complaint: str) -> None:
    text = HEAD + MODEL
    assert old in text
    with pytest.raises(CatalogueError) as refused:
        loaded(text.replace(old, new, 1))
    assert complaint in str(refused.value)


RATE = 'when = { options = { mood = ["%s"] } }'


@pytest.mark.parametrize(
    ("rates", "complaint"),
    [
        ('[{ per = "second", micros = 1, when = { most_pixels = 1 } }]', "must end with one that holds always"),
        ('[{ per = "second", micros = 1 }, { per = "second", micros = 2 }]', "must end with one that holds always"),
        (f'[{{ per = "second", micros = 3, {RATE % "sad"} }}, {{ per = "second", micros = 2 }}]', "with the dearest"),
        (
            f'[{{ per = "second", micros = 1, {RATE % "mad"} }}, {{ per = "second", micros = 2 }}]',
            "depends on mood = ['mad']",
        ),
    ],
)
def test_a_price_that_could_come_out_too_low_is_refused(loaded: Loaded, rates: str, complaint: str) -> None:
    text = HEAD + MODEL.replace('["priced", "long"]', f'["long"]\nprice = {{ source = "x", rates = {rates} }}')
    with pytest.raises(CatalogueError) as refused:
        loaded(text)
    assert complaint in str(refused.value)


def test_a_model_is_there_once(loaded: Loaded) -> None:
    assert list(loaded(HEAD + MODEL + OTHER)) == ["one", "two"]
    with pytest.raises(CatalogueError, match=r"1\.toml, model one: id is there twice"):
        loaded(HEAD + MODEL, HEAD + MODEL)


def test_a_successor_is_there_and_not_retired(loaded: Loaded) -> None:
    gone = MODEL.replace("typical_seconds = 3", 'typical_seconds = 3\nretired = "2026-01-01"\nsuccessor = "two"')
    loaded(HEAD + gone + OTHER)
    with pytest.raises(CatalogueError, match="model one: successor 'two' is not there, or retired itself"):
        loaded(HEAD + gone)
    with pytest.raises(CatalogueError, match="retired itself"):
        loaded(HEAD + gone + gone.replace('"one"', '"two"'))


def test_the_start_reports_a_wrong_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert startup.check_catalogue(None) == []

    def broken() -> dict[str, catalogue.Model]:
        raise CatalogueError("acme.toml, model one: colour is not known.")

    monkeypatch.setattr(startup, "models", broken)
    errors = [found for found in checks.run_checks() if found.id == "generation.E001"]
    assert [(error.msg, error.is_serious()) for error in errors] == [
        ("acme.toml, model one: colour is not known.", True)
    ]


def test_what_has_no_price_is_listed_before_going_live() -> None:
    listed = [found for found in checks.run_checks(include_deployment_checks=True) if found.id == "generation.I001"]
    assert len(listed) == 1
    assert "kling3.0_pro (text_to_video)" in listed[0].msg
    assert "gen4_turbo" not in listed[0].msg


def test_reading_brings_in_nothing_heavy() -> None:
    program = "import sys, generation.catalogue as c; c.models(); print({'django', 'PIL', 'av'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"
