"""Logs for TensorBoard hold what a training logs."""

import pytest

from crossmodal.errors import CrossmodalError
from crossmodal.training import tensorboard


def test_logs_hold_every_figure_of_every_step(tmp_path):
    pytest.importorskip("tensorboard", reason="TensorBoard, the extra [tensorboard], is not installed")
    from tensorflow.core.util import event_pb2
    from tensorflow.python.framework import tensor_util
    from tensorflow.python.lib.io import tf_record

    told = []
    callback = tensorboard.logged(lambda *step: told.append(step), tmp_path)
    callback(1, {"loss": 2.5, "kl": 1.0})
    callback(2, {"loss": 1.5, "kl": 0.5})
    assert [step for step, _ in told] == [1, 2]
    [path] = (tmp_path / "tensorboard").iterdir()
    logged = {}
    for record in tf_record.tf_record_iterator(str(path)):
        event = event_pb2.Event.FromString(record)
        for value in event.summary.value:
            logged[event.step, value.tag] = float(tensor_util.MakeNdarray(value.tensor))
    assert logged == {(1, "loss"): 2.5, (1, "kl"): 1.0, (2, "loss"): 1.5, (2, "kl"): 0.5}


def test_without_tensorboard_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(tensorboard, "find_spec", lambda name: None)
    with pytest.raises(CrossmodalError, match=r"crossmodal-toolkit\[tensorboard\]"):
        tensorboard.logged(print, tmp_path)
