"""Commands in other surroundings: each in a process of its own, as a user who may write hardly anywhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# nobody's rights, but for reading: the tests' Python may lie in a folder of root's
READING = "--inh-caps +dac_read_search --ambient-caps +dac_read_search"
AS_NOBODY = f"setpriv --reuid 65534 --regid 65534 --clear-groups {READING}"
SCRIPT = "import sys; from crossmodal.__main__ import main; sys.exit(main(sys.argv[1:]))"


def command(argv: list[str], folder: Path, *, as_nobody: bool = False, **environment: str | None):
    """Run `crossmodal` and wait for its end.

    Args:
        argv: its arguments.
        folder: the working directory.
        as_nobody: give up the rights of root, if the tests run with them; skips where that cannot be done.
        environment: variables, those that are None are left out.

    Returns:
        a `CompletedProcess` with text.
    """
    prefix: list[str] = []
    if as_nobody and os.getuid() == 0:
        prefix = AS_NOBODY.split()
        if not shutil.which("setpriv") or subprocess.run([*prefix, "true"], capture_output=True).returncode:
            pytest.skip("the tests run as root, and setpriv cannot give up its rights")
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [*prefix, sys.executable, "-P", "-c", SCRIPT, *map(str, argv)],
        cwd=folder,
        env={name: value for name, value in variables.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=300,
    )


def closed(folder: Path) -> Path:
    """Make a folder that takes no files from anybody but root."""
    folder.mkdir()
    folder.chmod(0o555)
    return folder
