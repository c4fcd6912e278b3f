"""What people say about a project."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from projects.models import Project
from projects.services import ProjectDetails

FRAME_RATES = ((24, "24 · film"), (25, "25 · European television"), (30, "30 · video"), (60, "60 · smooth"))
_STYLE_HELP = "Goes into every prompt, so that the shots belong together: film noir, watercolour, 16 mm …"


class ProjectForm(forms.ModelForm):  # type: ignore[type-arg]
    """A project's settings."""

    fps = forms.TypedChoiceField(label="Frames a second", coerce=int, choices=FRAME_RATES, initial=24)

    class Meta:
        model = Project
        fields = ("name", "logline", "resolution", "fps", "style")
        labels = {"resolution": "Picture format"}
        help_texts = {"style": _STYLE_HELP, "logline": "The film in a sentence, for the team."}
        widgets = {"style": forms.Textarea(attrs={"rows": 2}), "logline": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = self.initial.get("fps")
        if now and now not in dict(FRAME_RATES):
            # An odd rate may have been set elsewhere; saving the form must not change it.
            cast(forms.TypedChoiceField, self.fields["fps"]).choices = [*FRAME_RATES, (now, str(now))]

    @property
    def details(self) -> ProjectDetails:
        """What was said, once the form is valid."""
        given = self.cleaned_data
        return ProjectDetails(
            name=given["name"],
            resolution=given["resolution"],
            fps=given["fps"],
            style=given["style"],
            logline=given["logline"],
        )
