"""Which sounds judges of textures hear: draws that runs have left, recordings by class."""

from pathlib import Path, PurePosixPath

import numpy as np

from crossmodal.errors import AudioError

KINDS = {"draw": "revised draws", "generator": "what the generator alone draws"}


def draws_in(run: Path, kind: str, sample_rate: int) -> list[np.ndarray]:
    """The draws that a run of a texture has left, (samples,) each: `kind` is one of `KINDS`."""
    from crossmodal.sound.audio import read_audio

    return [read_audio(path, sample_rate) for path in sorted(run.glob(f"{kind}_*.wav"))]


def draws_of_runs(runs: list[Path], method: str, kind: str, textures, sample_rate: int) -> dict[str, list[np.ndarray]]:
    """Texture to draws, of those of which a method has left some, in the first of some folders as that of
    texture_baselines.py that has runs of it.

    Raises:
        AudioError: none has.
    """
    place = next((place for place in runs if any((place / texture / method).is_dir() for texture in textures)), None)
    if place is None:
        named = ", ".join(repr(str(path)) for path in runs)
        raise AudioError(f"There are no runs of {method!r} in {named}: give folders of texture_baselines.py by --runs.")
    found = {texture: draws_in(place / texture / method, kind, sample_rate) for texture in textures}
    return {texture: drawn for texture, drawn in found.items() if drawn}


def peers_of(peers: Path | None, name: str, textures, sample_rate: int) -> dict[str, list[np.ndarray]]:
    """Texture to what somebody else's method made of it, NAME/TEXTURE.wav; AudioError if there is nothing."""
    from crossmodal.sound.audio import read_audio

    paths = {texture: peers / name / f"{texture}.wav" for texture in textures} if peers else {}
    found = {texture: [read_audio(path, sample_rate)] for texture, path in paths.items() if path.is_file()}
    if not found:
        raise AudioError(f"The method 'peer:{name}' is what somebody else made: say where, with --peers.")
    return found


def by_class(recordings: dict[str, np.ndarray]) -> dict[str, list[np.ndarray]]:
    """Class to recordings, of those in folders that are named by their class, as ESC-10's: "rain/1-17367-A.ogg"."""
    found: dict[str, list[np.ndarray]] = {}
    for name, recording in recordings.items():
        found.setdefault(PurePosixPath(name).parent.name, []).append(recording)
    return found
