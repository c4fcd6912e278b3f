"""What people say about a project."""

from __future__ import annotations

from django import forms

from projects.models import Project
from projects.services import ProjectDetails

_STYLE_HELP = "Goes into every prompt, so that the shots belong together: film noir, watercolour, 16 mm …"


class ProjectForm(forms.ModelForm):  # type: ignore[type-arg]
    """A project's settings."""

    class Meta:
        model = Project
        fields = ("name", "logline", "resolution", "fps", "style")
        labels = {"resolution": "Picture format", "fps": "Frames a second"}
        help_texts = {"style": _STYLE_HELP, "logline": "The film in a sentence, for the team."}
        widgets = {"style": forms.Textarea(attrs={"rows": 2}), "logline": forms.Textarea(attrs={"rows": 2})}

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
