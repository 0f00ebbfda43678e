"""What `crossmodal texture play` does: a draw that is revised, or a stream, into a file or the standard output."""

import math
import os
import select
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from crossmodal.app.options import number
from crossmodal.errors import CrossmodalError, ModelError
from crossmodal.runtime.files import check_output
from crossmodal.runtime.ranges import Range
from crossmodal.runtime.words import printable

SECONDS = number(float, Range(least=0.01, most=86_400))
KNOBS = {"level": 0.0, "brightness": 0.0, "density": 1.0, "morph": 0.0}
STANDARD_OUTPUT = Path("-")
HEADER = 100  # bytes, about
TOLD_EVERY_S = 10.0  # of the time that a long draw has left


def run_play(arguments) -> None:
    from crossmodal.models.playing import check_draws

    streams = arguments.steps == 0 and not arguments.seamless
    to_pipe = arguments.output == STANDARD_OUTPUT
    if not streams:
        check_draws(arguments.seconds)
    turned = [f"--{name}" for name, value in KNOBS.items() if getattr(arguments, name) != value]
    if not streams and (turned or arguments.live or arguments.morph_to):
        used = turned or (["--live"] if arguments.live else ["--morph-to"])
        raise CrossmodalError(f"{used[0]} is for streams: use --steps 0, and no --seamless.")
    if to_pipe and not streams:
        raise CrossmodalError("The standard output gets streams alone: use --steps 0, and no --seamless.")
    if streams:
        spare_processors()
    if to_pipe:
        play_to_pipe(load_texture_model(arguments.model, endless=True), arguments)
    else:
        play_to_file(arguments, streams)


def load_texture_model(path: str, endless: bool):
    """The texture of a file, a run or a preset; ModelError if it is another model.

    Args:
        endless: whether it is to stream or to go round, which Keras models alone can; else a preset is computed in
            NumPy.
    """
    from crossmodal.models.light.twin import kind_of
    from crossmodal.models.playing import Texture
    from crossmodal.runtime.quiet import import_tensorflow
    from crossmodal.saving.light import has_twin, load_light

    if endless or not has_twin(path):
        import_tensorflow()
    if endless:
        from crossmodal.saving.keras_file import load_model

        model = load_model(path)
    else:
        model = load_light(path)
    if not isinstance(model, Texture):
        raise ModelError(f"{path} holds a {kind_of(model)}, not a sound texture: learn one first.")
    return model


def spare_processors() -> None:
    """Let one processor do each operation of a stream: they are small."""
    from crossmodal.runtime.processors import set_one_thread_per_operation
    from crossmodal.runtime.quiet import import_tensorflow

    import_tensorflow()
    set_one_thread_per_operation()


def play_to_file(arguments, streams: bool) -> None:
    """Write the sound as it is made; Ctrl-C keeps what was written."""
    from crossmodal.sound.limiter import Limiter
    from crossmodal.sound.writing import subtype_of, write_blocks

    output, seconds = arguments.output, arguments.seconds
    _, sample_bytes = subtype_of(output, arguments.subtype)
    check_output(output)
    model = load_texture_model(arguments.model, endless=streams or arguments.seamless)
    loop = model.loop(seconds, arguments.seed, arguments.steps) if arguments.seamless else None
    samples = round(seconds * model.sample_rate) if loop is None else len(loop)
    size = round(HEADER + sample_bytes * samples * model.channels)
    check_room(output, size)
    stereo = " in stereo" if model.channels == 2 else ""
    print(f"{samples:,} samples at {model.sample_rate:,} Hz{stereo}, {size / 1e6:.1f} MB", flush=True)
    limiter = Limiter(model.sample_rate)
    if loop is not None:
        blocks = iter([limiter.whole(loop, circular=True)])
    elif streams:
        blocks = first_samples(limiter.stream(stream_of(model, arguments)), samples)
    else:
        draws = model.draw(seconds, seed=arguments.seed, steps=arguments.steps, on_piece=tell_time_left())
        blocks = iter([limiter.whole(draws[0])])
    told = Told(blocks, samples, model.sample_rate)
    try:
        write_blocks(output, told, model.sample_rate, model.channels, arguments.subtype)
    except KeyboardInterrupt:
        if told.done:
            print(f"{told.done / model.sample_rate:.1f} s: {output}")
        raise
    if limiter.lowest < 0.99:
        print(f"peaks beyond full scale were lowered, by {-20 * math.log10(limiter.lowest):.1f} dB at most")
    print(f"{samples / model.sample_rate:.1f} s: {output}")


def play_to_pipe(model, arguments) -> None:
    """Write a stream to the standard output: 16 bit, low byte first, without a header."""
    import numpy as np

    from crossmodal.sound.limiter import Limiter

    channels = "1 channel" if model.channels == 1 else "2 channels in turn"
    print(f"16 bit, low byte first, {channels}, {model.sample_rate:,} Hz", file=sys.stderr, flush=True)
    samples = round(arguments.seconds * model.sample_rate)
    limited = Limiter(model.sample_rate).stream(stream_of(model, arguments))
    for block in first_samples(limited, samples):
        sys.stdout.buffer.write(np.round(32767 * np.clip(block, -1, 1)).astype("<i2").tobytes())
    sys.stdout.buffer.flush()


def stream_of(model, arguments) -> Iterator:
    """The stream that the options ask for; with --live its knobs are turned by lines of the standard input."""
    from crossmodal.models.knobs import Knobs

    knobs = Knobs(**{name: getattr(arguments, name) for name in KNOBS})
    other = load_texture_model(arguments.morph_to, endless=True) if arguments.morph_to else None
    stream = model.stream(seed=arguments.seed, knobs=knobs, other=other)
    return heed(stream, knobs, sys.stdin) if arguments.live else stream


def heed(blocks: Iterable, knobs, lines) -> Iterator:
    """Blocks as they are; before each, knobs are turned by the lines that have come, such as "brightness -3".

    Args:
        lines: an open file with a descriptor, such as the standard input.
    """
    came, ended = b"", False
    for block in blocks:
        while not ended and select.select([lines], [], [], 0)[0]:
            read = os.read(lines.fileno(), 4096)
            *whole, came = (came + read).split(b"\n")
            for line in whole:
                turn(knobs, line.decode(errors="replace").strip())
            ended = not read
        yield block


def turn(knobs, line: str) -> None:
    """Set the knob that a line names, or say on the standard error what is wrong with it."""
    name, _, value = line.partition(" ")
    try:
        setattr(knobs, name, float(value))
    except ModelError as error:
        print(error, file=sys.stderr)
    except ValueError:
        print(f"{printable(line)!r} turns nothing: type a knob and a number, such as level -6.", file=sys.stderr)


def first_samples(blocks: Iterable, samples: int) -> Iterator:
    """The first so many samples of a stream of blocks."""
    left = samples
    for block in blocks:
        yield block[:left]
        left -= len(block)
        if left <= 0:
            return


class Told:
    """Blocks as they are; now and then it is printed how long the others take. `done` counts their samples."""

    def __init__(self, blocks: Iterable, samples: int, sample_rate: int):
        self.blocks, self.samples, self.sample_rate, self.done = blocks, samples, sample_rate, 0

    def __iter__(self) -> Iterator:
        began = told = begun = 0.0
        for block in self.blocks:
            yield block
            now = time.time()
            if not self.done:  # the first block comes late: until then the networks are made ready
                began, told, begun = now, now, len(block)
            self.done += len(block)
            if now - told > TOLD_EVERY_S:
                told = now
                left = (now - began) / (self.done - begun) * (self.samples - self.done)
                print(f"{self.done / self.sample_rate:.0f} s written, about {left:.0f} s left", file=sys.stderr)


def check_room(path: Path, size: int) -> None:
    """CrossmodalError unless a file can be so many bytes long and its disk has room for them."""
    from crossmodal.sound.writing import MOST_WAV_BYTES

    if path.suffix.lower() == ".wav" and size > MOST_WAV_BYTES:
        raise CrossmodalError(f"{path} would take {size / 1e9:.1f} GB, a WAV file holds 4.3: choose .flac or .ogg.")
    free = shutil.disk_usage(path.parent).free
    if size > free:
        raise CrossmodalError(
            f"{path} would take {size / 1e6:.1f} MB and its disk has {free / 1e6:.1f} MB left: make room, or ask for "
            "fewer seconds."
        )


def tell_time_left() -> Callable[[int, int], None]:
    """A callback (pieces done, pieces) that prints how long the others take, after the first and then now and then."""
    began = told = time.time()

    def on_piece(done: int, pieces: int) -> None:
        nonlocal told
        now = time.time()
        if done < pieces and (done == 1 or now - told > TOLD_EVERY_S):
            told = now
            left = (now - began) / done * (pieces - done)
            print(f"piece {done} of {pieces}, about {left:.0f} s left", file=sys.stderr, flush=True)

    return on_piece
