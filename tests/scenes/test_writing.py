"""Two people writing one script: kept, put together, shown where both changed the same, and never lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.policies import Right
from projects.access import OpenProject, open_project
from projects.models import Event, Project
from scenes.models import Script, ScriptDraft
from scenes.screenplay.merging import Agreed
from scenes.services.scripts import current_script, save_script
from scenes.services.writing import (
    DRAFT_LIMIT,
    CannotKeep,
    Standing,
    keep_draft,
    name_version,
    restore_version,
    save_text,
    unsaved_drafts,
)
from tests.conftest import SCRIPT

pytestmark = pytest.mark.django_db
WINDOW, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def bob(cast: SimpleNamespace, project: Project) -> OpenProject:
    """The project, opened by Bob."""
    return open_project(cast.bob, project.pk, Right.CREATE)


def saved(project: Project) -> str:
    script = current_script(project)
    return script.text if script else ""


def test_what_is_typed_is_kept_without_a_version(opened: OpenProject, project: Project) -> None:
    save_script(opened=opened, text=SCRIPT)
    standing = keep_draft(opened=opened, window=WINDOW, text=SCRIPT + "\nRain.\n", based_on=1)
    assert (standing.state, standing.base, standing.text) == ("kept", 1, None)
    assert Script.objects.count() == 1
    assert [draft.text for draft in unsaved_drafts(opened)] == [SCRIPT + "\nRain.\n"]
    # Back to what is saved: there is nothing to keep any more.
    keep_draft(opened=opened, window=WINDOW, text=SCRIPT, based_on=1)
    assert not ScriptDraft.objects.exists()


def test_two_windows_of_a_person_are_two_texts(opened: OpenProject) -> None:
    for window, word in ((WINDOW, "One."), (OTHER, "Two.")):
        keep_draft(opened=opened, window=window, text=word, based_on=0)
    assert {draft.text for draft in unsaved_drafts(opened)} == {"One.", "Two."}


def test_saving_makes_a_version_and_nothing_is_left_to_take_up(opened: OpenProject, project: Project) -> None:
    keep_draft(opened=opened, window=WINDOW, text=SCRIPT, based_on=0)
    standing = save_text(opened=opened, window=WINDOW, text=SCRIPT, based_on=0)
    assert (standing.state, standing.base, standing.text) == ("saved", 1, None)
    assert not unsaved_drafts(opened)
    again = save_text(opened=opened, window=WINDOW, text=SCRIPT, based_on=1)
    assert again.base == 1
    assert Event.objects.filter(type="script_saved").count() == 1


def test_different_paragraphs_are_put_together(opened: OpenProject, bob: OpenProject, project: Project) -> None:
    save_script(opened=opened, text=SCRIPT)
    mine = SCRIPT.replace("goes dark.", "goes out.")
    theirs = SCRIPT.replace("She sets the wheel.", "She grips the wheel.")
    save_text(opened=bob, window=OTHER, text=theirs, based_on=1)
    told = keep_draft(opened=opened, window=WINDOW, text=mine, based_on=1)
    assert told.state == "kept"
    assert told.latest is not None
    assert told.latest.created_by == bob.user
    assert told.text is not None
    assert "grips the wheel" in told.text
    assert "goes out" in told.text
    standing = save_text(opened=opened, window=WINDOW, text=mine, based_on=1)
    assert (standing.state, standing.base, standing.text) == ("saved", 3, told.text)
    assert saved(project) == told.text
    assert not unsaved_drafts(opened)


def test_the_same_paragraph_is_shown_and_overwrites_nothing(
    opened: OpenProject, bob: OpenProject, project: Project
) -> None:
    save_script(opened=opened, text=SCRIPT)
    save_text(opened=bob, window=OTHER, text=SCRIPT.replace("goes dark.", "burns on."), based_on=1)
    mine = SCRIPT.replace("goes dark.", "goes out.")
    for verb in (keep_draft, save_text):
        standing = verb(opened=opened, window=WINDOW, text=mine, based_on=1)
        assert standing.state == "conflict"
        assert standing.merged is not None
        assert not standing.merged.clean
    assert "burns on" in saved(project)
    assert [draft.text for draft in unsaved_drafts(opened)] == [mine]


def test_an_answer_that_was_lost_does_not_set_me_against_myself(opened: OpenProject, project: Project) -> None:
    save_script(opened=opened, text=SCRIPT)
    more = SCRIPT.replace("goes dark.", "goes out")
    save_text(opened=opened, window=WINDOW, text=more, based_on=1)
    # The browser has not heard of version 2 and goes on typing in the same sentence.
    standing = save_text(opened=opened, window=WINDOW, text=more.replace("goes out", "goes out, and on."), based_on=1)
    assert (standing.state, standing.base) == ("saved", 3)
    assert "goes out, and on." in saved(project)


def test_by_itself_only_a_script_becomes_a_version_and_nothing_is_brought_into_another_form(
    opened: OpenProject, project: Project
) -> None:
    empty = save_text(opened=opened, window=WINDOW, text="[[only a note]]", based_on=0, automatic=True)
    assert empty.state == "kept"
    told = save_text(opened=opened, window=WINDOW, text="[[only a note]]", based_on=0)
    assert told.state == "refused"
    assert "nothing to film yet" in told.message
    assert [draft.text for draft in unsaved_drafts(opened)] == ["[[only a note]]"]
    save_text(opened=opened, window=WINDOW, text=SCRIPT, based_on=0, automatic=True)
    assert Script.objects.get().automatic


def test_what_is_too_long_is_refused_in_words(opened: OpenProject) -> None:
    for verb in (keep_draft, save_text):
        with pytest.raises(CannotKeep, match="at most 2 MB"):
            verb(opened=opened, window=WINDOW, text="é" * 1024 * 1024 + "x", based_on=0)
    assert not ScriptDraft.objects.exists()


def test_nobody_keeps_texts_without_end(opened: OpenProject) -> None:
    save_text(opened=opened, window=uuid4(), text=SCRIPT, based_on=0)  # nothing unsaved: makes room
    for number in range(DRAFT_LIMIT):
        keep_draft(opened=opened, window=uuid4(), text=f"{number}", based_on=0)
    with pytest.raises(CannotKeep, match="Take them up"):
        keep_draft(opened=opened, window=uuid4(), text="more", based_on=0)
    assert len(unsaved_drafts(opened)) == DRAFT_LIMIT


def test_drafts_are_each_persons_own(opened: OpenProject, bob: OpenProject) -> None:
    keep_draft(opened=opened, window=WINDOW, text="Carol.", based_on=0)
    keep_draft(opened=bob, window=WINDOW, text="Bob.", based_on=0)
    assert [draft.text for draft in unsaved_drafts(bob)] == ["Bob."]


def test_restoring_makes_a_version_and_keeps_those_in_between(opened: OpenProject, project: Project) -> None:
    save_script(opened=opened, text=SCRIPT)
    save_script(opened=opened, text=SCRIPT + "\nMore.\n")
    name_version(opened=opened, version=1, name="  First\u202e draft ")
    back = restore_version(opened=opened, version=1)
    assert (back.version, back.text, back.name) == (3, SCRIPT, "Back to First draft")
    assert Script.objects.count() == 3
    with pytest.raises(Script.DoesNotExist):
        restore_version(opened=opened, version=99)


def test_a_name_is_said_once_in_the_log(opened: OpenProject) -> None:
    save_script(opened=opened, text=SCRIPT)
    for _ in range(2):
        name_version(opened=opened, version=1, name="Shooting script")
    assert Event.objects.filter(type="script_named").count() == 1


@dataclass
class Browser:
    """A window as the page's script drives it: it takes a merge only where nothing was typed meanwhile."""

    opened: OpenProject
    window: UUID = field(default_factory=uuid4)
    text: str = ""
    base: int = 0
    typed: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Load the page anew; what is not saved is offered and taken up."""
        latest = current_script(self.opened.project)
        self.text, self.base = (latest.text, latest.version) if latest else ("", 0)
        for draft in unsaved_drafts(self.opened):
            self.window, self.text, self.base = draft.window, draft.text, draft.based_on
            self.save()
            self.text, self.base = saved(self.opened.project), current_script(self.opened.project).version  # type: ignore[union-attr]

    def type(self, word: str, where: int, new: bool) -> None:
        """Add a word to a paragraph, or a paragraph."""
        parts = [part for part in self.text.split("\n\n") if part.strip()]
        place = where % (len(parts) + 1)
        if new or place == len(parts):
            parts.insert(place, f"{word} goes.")
        else:
            parts[place] = f"{parts[place].rstrip()} {word}"
        self.text = "\n\n".join(parts)
        self.typed.append(word)

    def hear(self, standing: Standing, sent: str) -> None:
        """Do what an answer says."""
        if sent != self.text:
            return
        if standing.state == "conflict":
            assert standing.merged is not None
            self.text = "".join(
                piece.text if isinstance(piece, Agreed) else piece.mine.rstrip("\n") + "\n\n" + piece.theirs
                for piece in standing.merged.pieces
            )
            self.base = standing.base
        elif standing.state in ("saved", "kept"):
            self.base = standing.base
            self.text = self.text if standing.text is None else standing.text

    def keep(self, lost: bool = False) -> None:
        """Autosave; the answer may get lost."""
        standing = keep_draft(opened=self.opened, window=self.window, text=self.text, based_on=self.base)
        if not lost:
            self.hear(standing, self.text)

    def save(self, lost: bool = False) -> None:
        """Save until it is saved; the answer may get lost."""
        for _ in range(5):
            if not self.text.strip():
                return
            standing = save_text(opened=self.opened, window=self.window, text=self.text, based_on=self.base)
            if lost:
                return
            self.hear(standing, self.text)
            if standing.state == "saved":
                return
        raise AssertionError("it cannot be saved")


STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(["type", "type", "type", "insert", "keep", "save", "lost keep", "lost save", "crash"]),
        st.integers(0, 9),
    ),
    max_size=24,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_two_people_do_no_word_is_lost(cast: SimpleNamespace, steps: list[tuple[int, str, int]]) -> None:
    project = Project.objects.create(team=cast.team, name="The Last Ferry", created_by=cast.alice)
    people = [Browser(open_project(person, project.pk, Right.CREATE)) for person in (cast.carol, cast.bob)]
    save_script(opened=people[0].opened, text="INT. ROOM - DAY\n\nFog.\n\nShe waits.\n\nHe goes.\n")
    for browser in people:
        browser.open()
    for number, (who, what, where) in enumerate(steps):
        browser = people[who]
        if what in ("type", "insert"):
            browser.type(f"w{number}x", where, new=what == "insert")
        elif what == "crash":
            # The tab is closed or the machine dies: autosave had come by before, as it does all the time.
            browser.keep(lost=True)
            browser.window = uuid4()
            browser.open()
        elif "keep" in what:
            browser.keep(lost="lost" in what)
        else:
            browser.save(lost="lost" in what)
    for browser in people:
        browser.save()
    for word in people[0].typed + people[1].typed:
        assert word in saved(project), (word, saved(project))
