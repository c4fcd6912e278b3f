"""How a person is shown to colleagues."""

from __future__ import annotations

import pytest

from accounts.models import User


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Nadia Özgür", "NÖ"),
        ("Nadia 🎬 Özgür", "NÖ"),
        ("🎬 Nadia", "NA"),
        ("🎬", "🎬"),
        ("Nadia", "NA"),
        ("", "NO"),
    ],
)
def test_initials_are_letters_where_a_name_has_any(name: str, initials: str) -> None:
    assert User(email="n.ozgur@example.org", name=name).initials == initials
