"""What data there are, where they lie, how much, under which licence; and how to get them.

  crossmodal data info
  crossmodal data prepare                                 # the Free Spoken Digit Dataset and MNIST
  crossmodal data prepare --archives DIR                  # the same without a network
  crossmodal data prepare speech-commands                 # the digits of Speech Commands, 2.4 GB to download
  crossmodal data prepare digits-tts                      # the embedded data
  crossmodal data check pairs.csv                         # a table of pairs: which rows cannot be used, and why
  crossmodal data pack pairs.csv -o shards                # the same as TFRecord files, to train from

TFDS_DATA_DIR and CROSSMODAL_ARCHIVES stand for --data-dir and --archives.
"""

import sys
import time
from collections.abc import Callable
from functools import partial

from crossmodal.app.commands import pairs
from crossmodal.app.options import a_name

CHOICES = ("fsdd-mnist", "speech-commands", "digits-tts")


def add_arguments(parser) -> None:
    subparsers = parser.add_subparsers(required=True, metavar="ACTION", title="actions")
    info = subparsers.add_parser("info", help="what is there", description="crossmodal data info")
    prepare = subparsers.add_parser("prepare", help="fetch data", description="crossmodal data prepare fsdd-mnist")
    prepare.add_argument("data", nargs="?", choices=CHOICES, default=CHOICES[0], help="data to prepare (%(default)s)")
    prepare.add_argument(
        "--archives", type=a_name, help="folder of the original archives, for a machine without a network"
    )
    for action in (info, prepare):
        action.add_argument("--data-dir", type=a_name, help="TFDS's folder of prepared data")
    info.set_defaults(run=run_info, needs_tensorflow=False)
    prepare.set_defaults(run=run_prepare)
    pairs.add_parsers(subparsers)


def run_info(arguments) -> None:
    from crossmodal.data.inventory import inventory

    for holding in inventory(arguments.data_dir):
        size = f", {holding.bytes / 1e6:.1f} MB" if holding.bytes else ""
        print(f"{holding.name}: {holding.contents}{size}{'' if holding.ready else ', not there yet'}")
        print(f"  {holding.place}\n  {holding.licence}\n  {holding.source}")


def run_prepare(arguments) -> int:
    """Prepare all that can be; 2 if something could not."""
    from crossmodal.data.tfds_source import show_progress
    from crossmodal.errors import DataError

    failed = False
    show_progress(sys.stderr.isatty())
    for work in works_of(arguments):
        try:
            work()
        except DataError as error:
            failed = True
            print(error, file=sys.stderr)
    run_info(arguments)
    return 2 if failed else 0


def works_of(arguments) -> list[Callable[[], None]]:
    """What is to be done, one after another."""
    from crossmodal.data import digits_tts, fsdd, mnist, speech_commands
    from crossmodal.data.tfds_source import archives_of

    if arguments.data == "digits-tts":
        return [partial(step, "eSpeak NG speaks the digits", digits_tts.load_speech)]
    places = {"data_dir": arguments.data_dir, "archives": archives_of(arguments.archives)}
    if arguments.data == "speech-commands":
        return [partial(step, speech_commands.NAME, partial(speech_commands.fetch, **places))]
    return [partial(prepare_by_tfds, name, places) for name in (fsdd.TFDS_NAME, mnist.TFDS_NAME)]


def prepare_by_tfds(name: str, places: dict) -> None:
    from crossmodal.data.tfds_source import open_dataset

    step(f"{name}{wanted(name, **places)}", partial(open_dataset, name, **places))


def wanted(name: str, data_dir: str | None, archives: str | None) -> str:
    """What is to be downloaded of a data set, in words; empty if nothing is."""
    from crossmodal.data.fetching import files_to_fetch
    from crossmodal.data.tfds_source import archives_of, builder_of

    missing = files_to_fetch(builder_of(name, data_dir), archives_of(archives))
    size = sum(int(facts.size) for facts in missing.values())
    return f", {size / 1e6:.1f} MB to download" if missing else ""


def step(title: str, work) -> None:
    """Do what takes a while, and say so."""
    print(f"{title} ...", flush=True)
    began = time.time()
    work()
    print(f"{title}: ready after {time.time() - began:.0f} s", flush=True)
