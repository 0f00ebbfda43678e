"""A file as libsndfile is to see it: pieces of it, one after the other."""

import io
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sound_headers import wav_of

from crossmodal.sound.audio import read_audio
from crossmodal.sound.splice import Splice

CONTENT = bytes(range(200))
pieces = st.lists(
    st.one_of(st.binary(max_size=20), st.builds(lambda a, b: range(min(a, b), max(a, b)), *[st.integers(0, 200)] * 2)),
    max_size=6,
)
steps = st.lists(st.tuples(st.integers(-300, 300), st.sampled_from((0, 1, 2)), st.integers(0, 80)), max_size=10)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(pieces=pieces, steps=steps)
def test_a_splice_reads_and_seeks_as_one_file_would(pieces, steps):
    whole = b"".join(piece if isinstance(piece, bytes) else CONTENT[piece.start : piece.stop] for piece in pieces)
    expected, splice = io.BytesIO(whole), Splice(io.BytesIO(CONTENT), tuple(pieces))
    assert len(splice) == len(whole)
    for offset, whence, count in steps:
        at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: expected.tell(), os.SEEK_END: len(whole)}[whence]
        expected.seek(min(max(at, 0), len(whole)))  # a place that is not there is not gone to
        assert splice.seek(offset, whence) == splice.tell() == expected.tell()
        buffer = bytearray(count)
        read = splice.readinto(buffer)
        assert bytes(buffer[:read]) == expected.read(count)
    assert splice.error is None


def test_a_file_that_shrinks_meanwhile_is_read_as_far_as_it_goes():
    splice = Splice(io.BytesIO(CONTENT[:50]), (range(0, 200),))
    assert splice.readinto(bytearray(100)) == 50
    assert splice.readinto(bytearray(100)) == 0


def test_ctrl_c_while_libsndfile_reads_is_not_lost(tmp_path, tone, monkeypatch, capfd):
    path = tmp_path / "pipe.wav"
    path.write_bytes(wav_of(np.tile(tone(), 20), 2**32 - 1, 2**32 - 1))
    readinto, calls = Splice.readinto, []

    class Interrupted:
        """A file in which Ctrl-C is pressed when the samples are read."""

        def __init__(self, file):
            self.file = file

        def seek(self, at):
            return self.file.seek(at)

        def read(self, count):
            if self.file.tell() > 10_000:
                raise KeyboardInterrupt
            return self.file.read(count)

    def interrupted(self, buffer):
        if not calls:
            calls.append(1)
            self._file = Interrupted(self._file)
        return readinto(self, buffer)

    monkeypatch.setattr(Splice, "readinto", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read_audio(path)
    assert "Traceback" not in capfd.readouterr().err
