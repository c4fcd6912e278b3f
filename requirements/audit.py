"""Check the locked requirements: complete, with hashes, and free of known vulnerabilities.

The last needs a service that not every network reaches. When it does not answer, that is said loudly and the rest
counts. Run by ``make audit``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVICE_LIMIT = 180  # seconds for all packages together


def unlocked(name: str) -> list[str]:
    """Return what is wrong with one lock file: entries without a hash, and pins of its ``.in`` file that it lacks."""
    lock = (HERE / f"{name}.txt").read_text("utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", lock) if entry.strip() and not entry.startswith("#")]
    problems = [
        f"{name}.txt: {entry.splitlines()[0]} has no hash" for entry in entries if "--hash=sha256:" not in entry
    ]
    locked = {re.split(r"[ ;\\]", entry, maxsplit=1)[0] for entry in entries}
    for line in (HERE / f"{name}.in").read_text("utf-8").splitlines():
        pin = re.sub(r"\[.*?\]", "", line.partition("#")[0]).strip()
        if pin and not pin.startswith("-") and pin not in locked:
            problems.append(f"{name}.txt does not hold {pin}: run requirements/lock.sh")
    return problems


def vulnerabilities(name: str) -> list[str] | None:
    """Ask the vulnerability service about one lock file.

    Returns:
        A line for each known vulnerability, or None when the service does not answer or does not know the packages.
    """
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(HERE / f"{name}.txt"), "--disable-pip"]
    command += ["--require-hashes", "--timeout", "5", "--format", "json", "--progress-spinner", "off"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=SERVICE_LIMIT, check=False)
        report = json.loads(answer.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    packages = report["dependencies"]
    if any("skip_reason" in package for package in packages):
        return None
    return [
        f"{package['name']} {package['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'none'}"
        for package in packages
        for found in package["vulns"]
    ]


def main() -> int:
    """Print what was found; return 1 when something is wrong."""
    names = sorted(path.stem for path in HERE.glob("*.in"))
    problems = [problem for name in names for problem in unlocked(name)]
    # One package first: where the service is out of reach, nobody waits for sixty refusals.
    if vulnerabilities("bootstrap") is None or (known := vulnerabilities("prod")) is None:
        bar = "!" * 100
        print(f"{bar}\n!! LEFT OUT: known vulnerabilities. The service did not answer for every package.\n{bar}")
        known = []
    for problem in [*problems, *known]:
        print(problem)
    print(f"audit: {len(names)} lock files, {len(problems) + len(known)} problems")
    return 1 if problems or known else 0


if __name__ == "__main__":
    sys.exit(main())
