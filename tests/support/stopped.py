"""A training that is stopped after its first checkpoint and then continued."""

import pytest

from crossmodal.training import loop


def run_in_two_parts(run, config, folder):
    """run(config, folder), stopped as by Ctrl-C once a checkpoint was written, and again to its end."""
    save = loop.save_checkpoint

    def stopped(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loop, "save_checkpoint", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(config, folder)
    run(config, folder)
