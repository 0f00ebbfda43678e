"""The subcommands of `crossmodal`, a module each, imported when it is called.

A module's docstring is its `--help`; `add_arguments(parser)` gives it its options and the default `run`, a function
of the parsed arguments that returns the exit code.
"""

COMMANDS = {
    "draw": "hear spoken digits and draw them",
    "say": "see handwritten digits and say them",
    "find": "find images by a sound, or sounds by a picture",
    "texture": "learn a sound texture, play it, mix several",
    "train": "train a model and measure it",
    "evaluate": "score a model or a sound texture",
    "data": "what data there are, where they lie, under which licence",
    "export": "write a model for another runtime",
    "report": "a page on a run, or several runs side by side",
    "demo": "a page to speak into",
}
