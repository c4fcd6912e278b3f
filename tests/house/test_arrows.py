"""The arrows of the house: who may import whom. Each rule is also tried on a planted offender."""

from __future__ import annotations

import ast
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("config", "generation", "scenes", "projects", "accounts")
# What a provider may import besides the standard library, its own folder, base, errors and http.
FOR_ALL_PROVIDERS = {"requests"}
VENDOR_LIBRARIES = {
    "anthropic": {"anthropic", "httpx2"},
    "animatic": {"PIL", "av", "espeakng_loader", "font_source_sans_pro", "imageio_ffmpeg", "numpy"},
    "flux": {"PIL", "diffusers", "torch"},
    "gemini": {"PIL"},  # a picture that has no room in a request is made a smaller file
    "http": {"urllib3"},  # below requests, where a time limit and an address can be held
}
SHARED_BY_PROVIDERS = {"base", "errors", "http", "keyed", "openai_compatible", "words"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "misc"}


def modules(root: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Yield each module of the rooms, migrations left out, with its path from the root."""
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(root), ast.parse(path.read_text("utf-8"))


def imported(path: Path, tree: ast.AST) -> Iterator[str]:
    """Yield the full dotted names that a module's import statements bring in, relative ones resolved."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = list(path.parent.parts)
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imports_inside_functions(root: Path) -> list[str]:
    """Our own code is imported at the top, where everybody sees the arrow; only an app's ``ready`` may be late."""
    return [
        f"{path}:{function.lineno} {name}"
        for path, tree in modules(root)
        if path.name != "apps.py"  # Django loads it before the models, so what ready() needs cannot be at its top
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for name in imported(path, function)
        if name.partition(".")[0] in ROOMS
    ]


def provider_imports_beyond_the_seam(root: Path) -> list[str]:
    """A provider knows the standard library, requests or its vendor's library, and its own folder."""
    wrong = []
    for path, tree in modules(root):
        if path.parts[:2] != ("generation", "providers"):
            continue
        vendor = path.parts[2] if len(path.parts) > 3 else ""
        libraries = FOR_ALL_PROVIDERS | VENDOR_LIBRARIES.get(vendor, set()) | set(sys.stdlib_module_names)
        for name in imported(path, tree):
            parts = name.split(".")
            own = parts[:2] == ["generation", "providers"] and parts[2:3] and parts[2] in SHARED_BY_PROVIDERS | {vendor}
            if not own and parts[0] not in libraries:
                wrong.append(f"{path} {name}")
    return wrong


def vendors_named_outside_execution(root: Path) -> list[str]:
    """Only ``execution.py`` knows which vendors there are; the rest of the room speaks the protocol."""
    return [
        f"{path} {name}"
        for path, tree in modules(root)
        if path.parts[:2] != ("generation", "providers") and path != Path("generation/execution.py")
        for name in imported(path, tree)
        if name.startswith("generation.providers.") and name.split(".")[2] not in SHARED_BY_PROVIDERS
    ]


def config_imported(root: Path) -> list[str]:
    """Nobody imports the room that composes all others."""
    return [
        f"{path} {name}"
        for path, tree in modules(root)
        if path.parts[0] != "config"
        for name in imported(path, tree)
        if name.partition(".")[0] == "config"
    ]


def vague_names(root: Path) -> list[str]:
    """A name says what lives there."""
    return [str(path) for path, _ in modules(root) if VAGUE_NAMES & {path.stem, *path.parts[:-1]}]


def takes_made_elsewhere(root: Path) -> list[str]:
    """A take repeats the project of its shot; one place writes both, so that they cannot tell different things."""
    return [
        f"{path}:{call.lineno}"
        for path, tree in modules(root)
        if path != Path("scenes/services/takes.py")
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and (
            ast.unparse(call.func) == "Take"
            or (ast.unparse(call.func).startswith("Take.objects.") and _writes_project(call))
        )
    ]


def _writes_project(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    makes = name in {"create", "bulk_create", "get_or_create", "update_or_create"}
    return makes or (name == "update" and bool({one.arg for one in call.keywords} & {"shot", "project", "project_id"}))


RULES: list[tuple[Callable[[Path], list[str]], str, str]] = [
    (imports_inside_functions, "scenes/views.py", "def view():\n    from projects.models import Project\n"),
    (provider_imports_beyond_the_seam, "generation/providers/acme/provider.py", "from django.conf import settings\n"),
    (provider_imports_beyond_the_seam, "generation/providers/acme/provider.py", "from ..animatic import figures\n"),
    (provider_imports_beyond_the_seam, "generation/providers/acme/provider.py", "import generation.models\n"),
    (vendors_named_outside_execution, "generation/services.py", "from generation.providers.acme import Acme\n"),
    (vendors_named_outside_execution, "generation/services.py", "from generation.providers import acme\n"),
    (config_imported, "projects/services.py", "import config.settings.base\n"),
    (vague_names, "scenes/utils.py", ""),
    (takes_made_elsewhere, "generation/results.py", "Take.objects.create(shot=shot)\n"),
    (takes_made_elsewhere, "scenes/services/shots.py", "Take.objects.filter(shot=one).update(shot=other)\n"),
]


@pytest.mark.parametrize("rule", dict.fromkeys(rule for rule, _, _ in RULES), ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_arrows(rule: Callable[[Path], list[str]]) -> None:
    assert list(modules(ROOT)), "no module was read"
    assert rule(ROOT) == []


@pytest.mark.parametrize(("rule", "name", "text"), RULES)
def test_a_planted_offender_is_found(rule: Callable[[Path], list[str]], name: str, text: str, tmp_path: Path) -> None:
    offender = tmp_path / name
    offender.parent.mkdir(parents=True)
    offender.write_text(text, "utf-8")
    assert len(rule(tmp_path)) == 1


def test_layers_between_and_inside_the_rooms() -> None:
    """The contracts of ``pyproject.toml``: between the rooms, inside a room, and providers without Django."""
    program = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run(
        [program, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout
