"""What people say about a project, and about the mail that they want."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from projects.inbox import zones
from projects.models import MailChoice, Notification, Project
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


class MailChoiceForm(forms.Form):
    """How somebody wants to hear by e-mail of what waits for them."""

    pace = forms.ChoiceField(label="E-mail", choices=MailChoice.Pace.choices, widget=forms.RadioSelect)
    hour = forms.TypedChoiceField(
        label="At", coerce=int, choices=[(hour, f"{hour}:00") for hour in range(24)], help_text="For once a day."
    )
    zone = forms.ChoiceField(label="Time zone", required=False)
    about = forms.MultipleChoiceField(
        label="About", choices=Notification.Kind.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, choice: MailChoice) -> None:
        wanted = [kind for kind in Notification.Kind.values if kind not in choice.muted]
        initial = {"pace": choice.pace, "hour": choice.hour, "zone": choice.zone, "about": wanted}
        super().__init__(data, initial=initial)
        usual = ("", f"As the installation ({settings.TIME_ZONE})")
        zone: Any = self.fields["zone"]
        zone.choices = [usual, *((name, name.replace("_", " ")) for name in zones())]

    @property
    def chosen(self) -> dict[str, Any]:
        """What was chosen, once the form is valid."""
        given = self.cleaned_data
        return {
            "pace": given["pace"],
            "hour": given["hour"],
            "zone": given["zone"],
            "muted": [kind for kind in Notification.Kind.values if kind not in given["about"]],
        }
