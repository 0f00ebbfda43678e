"""Another family of decoders needs one file: a subclass of `AudioImageModel`. The experiments' machinery trains it, the
evaluation measures it, a saved one loads."""

from dataclasses import replace

import keras
import numpy as np
from keras import layers, ops

from crossmodal.experiments.audio_to_image import TrainingConfig, train_and_measure
from crossmodal.models.base import AudioImageModel, sample_latents
from crossmodal.models.loading import load_model


@keras.saving.register_keras_serializable("crossmodal-tests")
class LinearModel(AudioImageModel):
    """Dense layers and squared error; its decoder draws in [0, 1] itself."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        x = keras.Input(self.spectrogram_shape)
        flat = layers.Flatten()(x)
        self.encoder = keras.Model(x, [layers.Dense(self.latent_dim)(flat), layers.Dense(self.latent_dim)(flat)])
        z = keras.Input((self.latent_dim,))
        self.decoder = keras.Model(z, layers.Reshape((28, 28, 1))(layers.Dense(784, "sigmoid")(z)))
        self.build((None, *self.spectrogram_shape))

    def decode(self, z):
        return self.decoder.predict(ops.convert_to_tensor(z), verbose=0)

    def loss_of(self, spectrograms, images):
        z = sample_latents(*self.encoder(spectrograms), images.shape[1], self.seed_generator)
        drawn = self.decoder(ops.reshape(z, (-1, self.latent_dim)))
        return ops.mean(ops.square(ops.reshape(drawn, ops.shape(images)) - images))

    def train_step(self, data):
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = self.loss_of(*data)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return self.track({"loss": loss})

    def test_step(self, data):
        return self.track({"loss": self.loss_of(*data)})


def test_a_third_family_is_trained_measured_and_loaded(class_folders, tmp_path):
    from evaluation.image_sets import draw

    sounds, images = class_folders
    config = TrainingConfig(data="folders", sounds_dir=str(sounds), images_dir=str(images), batch_size=32)
    config = replace(config, epochs=2, passes=1, precision="float32")

    def build(**settings):
        return LinearModel(latent_dim=4, **settings)

    def optimizer(steps, precision):
        return keras.optimizers.Adam(1e-2)

    metrics = train_and_measure("third.py", config, config, tmp_path / "run", build, optimizer)
    assert metrics["epochs"] == 2
    assert (tmp_path / "run" / "digits.png").exists()
    model = load_model(tmp_path / "run")
    drawn = draw(model, np.zeros((3, 48, 48), np.float32), np.array([0, 1, 1, 2]), seed=0)
    assert drawn.shape == (4, 28, 28, 1)
    assert 0 <= drawn.min() <= drawn.max() <= 1
