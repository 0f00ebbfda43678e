"""The parser of the commands, which can say what it was asked."""

import argparse
import contextlib

from crossmodal.runtime.output import all_written


class Parser(argparse.ArgumentParser):
    """A parser that remembers its options, and which of several parsed a command line: the `parser` of the result."""

    def __init__(self, *arguments, **options):
        self.added = []
        super().__init__(*arguments, **options)

    def add_argument(self, *names, **options):
        self.added.append(super().add_argument(*names, **options))
        return self.added[-1]

    def parse_known_args(self, args=None, namespace=None):
        namespace, rest = super().parse_known_args(args, namespace)
        if not hasattr(namespace, "parser"):  # the innermost comes first
            namespace.parser = self
        return namespace, rest

    def _print_message(self, message, file=None):
        with contextlib.suppress(BrokenPipeError), all_written():
            super()._print_message(message, file)
