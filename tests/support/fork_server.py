"""Processes that are forked from one in which the libraries are loaded: a server, and what its script does.

The server's script answers questions, one after another, with `answer_questions(answer)`; the answer to one may come
from a process that `in_child(work)` ends.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]


class ForkServer:
    """The server, as a context.

    Args:
        script: what it runs.
        environment: its variables, beside those of this process.
    """

    def __init__(self, script: str, environment: dict[str, str]):
        self.script, self.environment = script, {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment}

    def __enter__(self):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.server = subprocess.Popen([sys.executable, self.script], cwd=ROOT, env=self.environment, **pipes)
        return self

    def __exit__(self, *error):
        self.server.communicate()

    def ask(self, **question) -> dict:
        """The answer to a question, both of what JSON can hold."""
        self.server.stdin.write(json.dumps(question) + "\n")
        self.server.stdin.flush()
        return json.loads(self.server.stdout.readline())


def answer_questions(answer: Callable[..., dict]) -> None:
    """In the server: answer(**question) for each, until there are no more."""
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), flush=True)


def in_child(work: Callable[[], int]) -> NoReturn:
    """In a process that was forked: end it with the exit code that work() returns, 1 if it fails."""
    code = 1
    try:
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
