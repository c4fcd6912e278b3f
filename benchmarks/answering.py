"""The other end of ``processes.Conversation``: ``python -m benchmarks.answering MODULE [--django]``.

Reads lines of ``[function, arguments]`` from standard input, calls the module's function, and answers with its result
as a line of JSON, until standard input ends. What the functions print goes to standard error.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from dataclasses import asdict

import django


def main() -> None:
    """Answer until there are no more questions."""
    if "--django" in sys.argv:
        django.setup()
    module = importlib.import_module(sys.argv[1])
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        for line in sys.stdin:
            function, arguments = json.loads(line)
            print(json.dumps(getattr(module, function)(**arguments), default=asdict), file=answers, flush=True)
    # Threads that serve or work must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
