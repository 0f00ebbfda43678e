"""TensorFlow Datasets as the source: download, or prepare from a folder of original archives.

TFDS checks every archive against its registered SHA-256; nothing else is ever put in its place.
"""

import os
from pathlib import Path

from crossmodal.errors import DataError


def open_dataset(name: str, *, data_dir: str | None = None, archives: str | None = None):
    """The TFDS builder of a data set, prepared.

    Args:
        name: TFDS name with version, such as "mnist:3.0.1".
        data_dir: TFDS's own folder of prepared data; `TFDS_DATA_DIR`, else ~/tensorflow_datasets.
        archives: a folder with the original archive files, for a machine without a network;
            `CROSSMODAL_ARCHIVES` if None.

    Raises:
        DataError: neither prepared data nor a network nor archives were found, or an archive is damaged.
    """
    import tensorflow_datasets as tfds

    archives = archives or os.environ.get("CROSSMODAL_ARCHIVES")
    if archives and not Path(archives).is_dir():
        raise DataError(f"The folder of archives {archives} does not exist: pass the folder that holds them.")
    builder = tfds.builder(name, data_dir=data_dir)
    if not builder.data_path.exists():
        config = tfds.download.DownloadConfig(manual_dir=archives) if archives else None
        try:
            builder.download_and_prepare(download_config=config)
        except Exception as error:  # TFDS raises a different class for each way in which a download fails
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise DataError(
                f"{name} is neither prepared nor could it be fetched ({lines[0][:200]}).\n"
                "Connect to the network, or pass the original archives with --archives DIR,\n"
                "or prepared data with --data-dir DIR, or use the embedded data: --data digits-tts."
            ) from error
    return builder


def show_progress(wanted: bool) -> None:
    """Let TFDS draw its bars while it downloads, or not, as on anything but a terminal."""
    import tensorflow_datasets as tfds

    (tfds.enable_progress_bar if wanted else tfds.disable_progress_bar)()
