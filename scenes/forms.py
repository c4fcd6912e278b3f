"""Scripts as people bring them: typed, pasted, or as a file."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.models import Team
from projects.forms import ProjectForm
from scenes.screenplay.reading import MAX_BYTES
from scenes.services.starting import ScriptFile


class ScriptTextForm(forms.Form):
    """The editor: its text, and the version that it began from."""

    # Whitespace is part of a script, and emptiness has its own words in the reader.
    text = forms.CharField(required=False, strip=False, widget=forms.Textarea)
    based_on = forms.IntegerField(required=False, min_value=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The reader takes NUL and its like out and says so; a refusal would lose the text.
        self.fields["text"].validators = []


class ScriptFileForm(forms.Form):
    """An upload, and the version that it would replace."""

    file = forms.FileField(
        allow_empty_file=True,
        error_messages={"required": "Choose a file: Fountain, Final Draft (.fdx) or plain text."},
    )
    based_on = forms.IntegerField(required=False, min_value=0)

    def clean_file(self) -> ScriptFile:
        """Read the upload, unless it is too large to be looked at."""
        return read_upload(self.cleaned_data["file"])


class StartForm(ProjectForm):
    """A new project, with a pasted or uploaded script or none."""

    team = forms.ModelChoiceField(
        Team.objects.none(), error_messages={"invalid_choice": "You cannot begin projects in this team."}
    )
    text = forms.CharField(required=False, strip=False)
    file = forms.FileField(required=False, allow_empty_file=True)

    def __init__(self, teams: list[Team], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = False
        self.fields["text"].validators = []
        team = cast("forms.ModelChoiceField[Team]", self.fields["team"])
        team.queryset = Team.objects.filter(pk__in=[one.pk for one in teams])
        self.order_fields(["team", *ProjectForm.Meta.fields, "text", "file"])

    @property
    def script(self) -> ScriptFile | None:
        """The script that came along: the file, or else the text, or None."""
        file: ScriptFile | None = self.cleaned_data["file"]
        if file is not None:
            return file
        text: str = self.cleaned_data["text"]
        return ScriptFile(text.encode("utf-8", "replace")) if text.strip() else None

    def clean_file(self) -> ScriptFile | None:
        """Read the upload, if there is one."""
        upload = self.cleaned_data["file"]
        return read_upload(upload) if upload else None


def read_upload(upload: UploadedFile[Any]) -> ScriptFile:
    """Return an upload's bytes and name.

    Raises:
        ValidationError: it is larger than any script that the reader takes.
    """
    size = upload.size or 0
    if size > MAX_BYTES:
        raise forms.ValidationError(
            f"The file is {size / 1024 / 1024:.1f} MB; a script may have at most {MAX_BYTES // 1024 // 1024} MB "
            "(a feature film has about 0.2 MB). Check that it is the script, or split it into parts."
        )
    return ScriptFile(upload.read(), upload.name or "")
