"""What people say about a project, the mail that they want, and who is to hear of events."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q

from accounts.access import OpenTeam
from projects.inbox import zones
from projects.models import MailChoice, Notification, Project, WebhookEndpoint
from projects.outgoing.endpoints import LONGEST_URL
from projects.outgoing.patterns import EVERYTHING, LONGEST_PATTERN, MOST_PATTERNS
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


class WebhookForm(forms.Form):
    """Where a team wants to hear of events, and of which."""

    url = forms.CharField(
        label="Address",
        max_length=LONGEST_URL,
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/hooks", "autocomplete": "off"}),
        help_text="A public address that begins with https://. Each event is POSTed there.",
    )
    description = forms.CharField(label="What it is for", max_length=120, required=False)
    project = forms.ModelChoiceField(
        label="Project", queryset=Project.objects.none(), required=False, empty_label="All projects of the team"
    )
    types = forms.CharField(
        label="Events",
        max_length=MOST_PATTERNS * (LONGEST_PATTERN + 2),
        widget=forms.Textarea(attrs={"rows": 2, "class": "mono", "spellcheck": "false"}),
        help_text="Types with spaces or lines between; * stands for any letters. * alone is everything.",
    )

    def __init__(self, data: Any = None, *, opened: OpenTeam, endpoint: WebhookEndpoint | None = None) -> None:
        initial: dict[str, Any] = {"types": EVERYTHING}
        if endpoint is not None:
            initial = {
                "url": endpoint.url,
                "description": endpoint.description,
                "project": endpoint.project_id,
                "types": "\n".join(endpoint.types),
            }
        super().__init__(data, initial=initial)
        theirs = Q(pk__in=Project.objects.for_user(opened.user).filter(team=opened.team))
        # The one that it is for stays, also when it lies in the trash: to leave it out would mean all.
        its = Q(pk=endpoint.project_id) if endpoint is not None else Q(pk=None)
        chosen: Any = self.fields["project"]
        chosen.queryset = Project.objects.filter(theirs | its).order_by("name")

    @property
    def details(self) -> dict[str, Any]:
        """What was said, once the form is valid."""
        given, project = self.cleaned_data, self.cleaned_data["project"]
        return {
            "url": given["url"],
            "description": given["description"],
            "project": project.pk if project is not None else None,
            "types": given["types"].replace(",", " ").split(),
        }
