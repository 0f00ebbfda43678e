"""Where TensorFlow Datasets prepares data, what it would download of a data set, and whether the network is there."""

import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

PATIENCE_S = 10.0  # TFDS itself tries for minutes


def prepared_folder(data_dir: str | None = None) -> Path:
    """TFDS's folder of prepared data: `data_dir`, else `TFDS_DATA_DIR`, else ~/tensorflow_datasets."""
    return Path(data_dir or os.environ.get("TFDS_DATA_DIR") or os.path.expanduser("~/tensorflow_datasets"))


def files_to_fetch(builder, archives: str | None) -> dict:
    """The files that are neither prepared nor in the folder of archives: address -> TFDS's facts on it, among them its
    `size` and its `filename`."""
    if builder.data_path.exists():
        return {}
    found = {path.name for path in Path(archives).iterdir()} if archives else set()
    return {url: facts for url, facts in (builder.url_infos or {}).items() if facts.filename not in found}


def check_network(builder, missing: dict) -> None:
    """ConnectionError if the host of the missing files does not answer and none of them was downloaded before."""
    downloads = builder.data_path.parents[1] / "downloads" / builder.name
    if not missing or any(path.is_file() for path in Path(downloads).rglob("*")):
        return
    url = next(iter(missing))
    try:
        urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=PATIENCE_S).close()
    except (urllib.error.HTTPError, http.client.HTTPException):
        pass  # it answered
    except OSError as error:
        raise ConnectionError(f"{urlsplit(url).hostname} does not answer") from error
