"""TensorFlow Datasets as the source: download, or prepare from a folder of original archives.

TFDS checks every archive against its registered SHA-256; nothing else is ever put in its place.
"""

import contextlib
import io
import os
from pathlib import Path

from crossmodal.data.fetching import check_network, files_to_fetch
from crossmodal.errors import CrossmodalError, DataError
from crossmodal.runtime.files import check_folder
from crossmodal.runtime.words import first_line


def open_dataset(name: str, *, data_dir: str | None = None, archives: str | None = None):
    """The TFDS builder of a data set, prepared.

    Args:
        name: TFDS name with version, such as "mnist:3.0.1".
        data_dir: TFDS's own folder of prepared data; `TFDS_DATA_DIR`, else ~/tensorflow_datasets.
        archives: a folder with the original archive files, for a machine without a network;
            `CROSSMODAL_ARCHIVES` if None.

    Raises:
        DataError: neither prepared data nor a network nor archives were found, or what was found is damaged.
    """
    import tensorflow_datasets as tfds

    archives = archives_of(archives)
    builder = builder_of(name, data_dir)
    if not builder.data_path.exists():
        config = tfds.download.DownloadConfig(manual_dir=archives) if archives else None
        missing = files_to_fetch(builder, archives)
        check_place(builder.data_path, data_dir)
        try:
            check_network(builder, missing)
            with contextlib.redirect_stdout(io.StringIO()):  # its bars go elsewhere
                builder.download_and_prepare(download_config=config)
        except Exception as error:  # TFDS raises a different class for each way in which a download fails
            names = ", ".join(facts.filename for facts in missing.values())
            raise DataError(
                f"{name} is neither prepared nor could it be fetched ({first_line(error)}): connect to the network, or "
                f"pass the original archives{f' ({names})' if names else ''} with --archives DIR, or prepared data "
                "with --data-dir DIR, or use the embedded data: --data digits-tts."
            ) from error
    return builder


def check_place(folder: Path, data_dir: str | None) -> None:
    """DataError if nothing can be prepared in a folder, which lies in TFDS's."""
    try:
        check_folder(folder, "--data-dir" if data_dir else "--data-dir, or set TFDS_DATA_DIR")
    except CrossmodalError as error:
        raise DataError(str(error)) from error


def archives_of(asked: str | None) -> str | None:
    """The folder of archives that was asked for, else `CROSSMODAL_ARCHIVES`; DataError if there is no such folder."""
    archives = asked or os.environ.get("CROSSMODAL_ARCHIVES")
    if archives and not Path(archives).is_dir():
        raise DataError(f"The folder of archives {archives} does not exist: pass the folder that holds them.")
    return archives


def builder_of(name: str, data_dir: str | None):
    """The TFDS builder of a data set, prepared or not; DataError where what was prepared is damaged."""
    import tensorflow_datasets as tfds

    try:
        return tfds.builder(name, data_dir=data_dir)
    except Exception as error:  # of dataset_info.json and features.json, a class for each way to be damaged
        raise DataError(
            f"What TFDS has prepared of {name} is damaged: remove its folder, then prepare it anew."
        ) from error


def read_examples(builder, split: str, batch_size: int | None = None) -> list[dict]:
    """The examples of a split, or batches of them; DataError where the prepared files are damaged."""
    try:
        return list(builder.as_dataset(split=split, batch_size=batch_size).as_numpy_iterator())
    except Exception as error:  # TensorFlow and TFDS raise a different class for each way to be damaged
        raise DataError(
            f"What TFDS has prepared of {builder.name} is damaged: remove {builder.data_path}, then prepare it anew."
        ) from error


def show_progress(wanted: bool) -> None:
    """Let TFDS draw its bars while it downloads, or not, as on anything but a terminal."""
    import tensorflow_datasets as tfds

    (tfds.enable_progress_bar if wanted else tfds.disable_progress_bar)()
