"""A decoder family without a posterior is one file: a subclass of `AudioImageModel` that says how it draws. This one
draws what it hears plus noise, from a linear map; it is trained, measured, saved and loaded like any other."""

import json

import keras
import numpy as np
from extending import OPTIONS, train
from keras import layers, ops

from crossmodal.models.base import AudioImageModel, in_batches
from crossmodal.saving.keras_file import load_model


@keras.saving.register_keras_serializable("crossmodal-tests")
class LinearModel(AudioImageModel):
    """Spectrogram and noise (8,) -> image, by dense layers and squared error."""

    NEEDS = ("label",)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        sound, noise = keras.Input(self.spectrogram_shape), keras.Input((8,))
        x = layers.Concatenate()([layers.Flatten()(sound), noise])
        pixels = layers.Dense(int(np.prod(self.image_shape)), "sigmoid")(x)
        self.network = keras.Model([sound, noise], layers.Reshape(self.image_shape)(pixels))
        self.build((None, *self.spectrogram_shape))

    def call(self, spectrograms, training=False):
        return self.network([spectrograms, ops.zeros((ops.shape(spectrograms)[0], 8))])

    def draw(self, spectrograms, samples, seed):
        noise = np.random.default_rng(seed).standard_normal((len(spectrograms) * samples, 8)).astype(np.float32)
        again = np.repeat(spectrograms, samples, axis=0)
        images = ops.convert_to_numpy(in_batches(self.network, [spectrograms, np.zeros((len(spectrograms), 8))]))
        draws = ops.convert_to_numpy(self.network([again, noise])) if samples else images[:0]
        return images, draws.reshape(len(images), samples, *self.image_shape)

    def loss_of(self, spectrograms, images, asked):
        assert asked["label"].dtype == "int64"
        noise = keras.random.normal((ops.shape(spectrograms)[0], 8), seed=self.seed_generator)
        return ops.mean(ops.square(self.network([spectrograms, noise])[:, None] - images))

    def train_step(self, data):
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = self.loss_of(*data)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return self.track({"loss": loss})

    def test_step(self, data):
        return self.track({"loss": self.loss_of(*data)})


def test_it_is_trained_measured_saved_and_loaded(class_folders, tmp_path):
    sounds, images = class_folders
    options = {"data": "folders", "sounds_dir": str(sounds), "images_dir": str(images), "epochs": 2}
    metrics = train(LinearModel, tmp_path / "run", None, **{**OPTIONS, **options})
    assert metrics["epochs"] == 2
    history = [json.loads(line) for line in (tmp_path / "run" / "history.jsonl").read_text().splitlines()]
    assert history[1]["loss"] < history[0]["loss"]
    assert (tmp_path / "run" / "drawings.png").exists()
    model = load_model(tmp_path / "run")
    images, draws = model.generate(np.zeros((3, 48, 48), np.float32), samples=2, seed=1)
    assert (images.shape, draws.shape) == ((3, 28, 28, 1), (3, 2, 28, 28, 1))
    assert not np.array_equal(draws[0, 0], draws[0, 1])
    np.testing.assert_array_equal(draws, model.generate(np.zeros((3, 48, 48), np.float32), samples=2, seed=1)[1])


def test_the_page_and_the_export_take_it(tmp_path):
    from crossmodal.app.demo.hearing import offer
    from crossmodal.saving.export import TOLERANCE, export_model

    model = LinearModel()
    offered = offer(model)
    assert offered.reader.name == "LeNet5"
    assert offered.latents == {}  # nothing lies between two digits
    assert export_model(model, tmp_path / "linear", "saved_model") <= TOLERANCE
