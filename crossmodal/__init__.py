"""Generate one modality from another: hear a spoken digit and draw it.

    from crossmodal import AudioImageVAE, LogMel, log_mel, read_audio, load_model

    model = load_model("runs/vae/model.keras")
    images, draws = model.generate(log_mel([read_audio("seven.wav")], LogMel(**model.front_end)), samples=4)

Names are loaded when they are first used: importing this package does not import TensorFlow.
"""

from importlib import import_module

_HOMES = {
    # models
    "AudioImageModel": "crossmodal.models.base",
    "VariationalModel": "crossmodal.models.variational",
    "AudioImageVAE": "crossmodal.models.vae",
    "AudioImageVAEGAN": "crossmodal.models.vae_gan",
    "AudioImageFlow": "crossmodal.models.flow",
    "JointFlow": "crossmodal.models.joint_flow",
    "AudioImageAutoencoder": "crossmodal.models.autoencoder",
    "ConditionalVAE": "crossmodal.models.conditional_vae",
    "ConditionalGAN": "crossmodal.models.conditional_gan",
    "WassersteinGAN": "crossmodal.models.wasserstein_gan",
    "InfoGAN": "crossmodal.models.info_gan",
    "LarsenVAEGAN": "crossmodal.models.larsen",
    "FeatureVAE": "crossmodal.models.feature_vae",
    "ConditionalCoopNets": "crossmodal.models.conditional_coopnets",
    "CycleGAN": "crossmodal.models.cycle_gan",
    "ContrastiveCorrespondence": "crossmodal.models.contrastive",
    "DistanceCorrespondence": "crossmodal.models.audio_visual",
    "FusionCorrespondence": "crossmodal.models.audio_visual",
    "CoopNets": "crossmodal.models.coopnets",
    "TurningTextures": "crossmodal.models.turning_textures",
    "ImageCoopNets": "crossmodal.models.image_coopnets",
    "Classifier": "crossmodal.models.classifier",
    "LeNet5": "crossmodal.models.networks.lenet5",
    "ResidualClassifier": "crossmodal.models.networks.residual_classifier",
    "Listener": "crossmodal.models.listener",
    "Transcriber": "crossmodal.models.transcriber",
    "RestrictedBoltzmannMachine": "crossmodal.models.pretraining.restricted",
    "SemiRestrictedBoltzmannMachine": "crossmodal.models.pretraining.semi_restricted",
    "ConvolutionalBoltzmannMachine": "crossmodal.models.pretraining.convolutional",
    "DeepBeliefNetwork": "crossmodal.models.pretraining.deep_belief",
    "LabelledMachine": "crossmodal.models.pretraining.labelled",
    "LabelledBeliefNetwork": "crossmodal.models.pretraining.labelled",
    "TwoViews": "crossmodal.models.pretraining.two_views",
    "SparseCoding": "crossmodal.models.pretraining.sparse_coding",
    "SparseAutoencoder": "crossmodal.models.pretraining.sparse_autoencoder",
    "DeepAutoencoder": "crossmodal.models.pretraining.deep_autoencoder",
    "load_model": "crossmodal.saving.keras_file",
    "load_light": "crossmodal.saving.light",
    # sounds and drawings
    "LogMel": "crossmodal.sound.spectrogram",
    "log_mel": "crossmodal.sound.spectrogram",
    "log_mel_and_durations": "crossmodal.sound.spectrogram",
    "Waveform": "crossmodal.sound.waveform",
    "front_end_from": "crossmodal.sound.front_ends",
    "hear": "crossmodal.sound.front_ends",
    "invert": "crossmodal.sound.inversion",
    "read_audio": "crossmodal.sound.audio",
    "draw_speech": "crossmodal.drawing",
    "say_images": "crossmodal.saying",
    "Reader": "crossmodal.reader",
    "load_reader": "crossmodal.reader",
    # data
    "load_pair": "crossmodal.data.catalog",
    "load_texture": "crossmodal.data.textures",
    "split_clips": "crossmodal.data.alignment",
    "ByClass": "crossmodal.data.pairing",
    "Given": "crossmodal.data.pairing",
    "paired_batches": "crossmodal.data.pipeline",
    "training_batches": "crossmodal.data.pipeline",
    # training
    "prepare_texture": "crossmodal.training.cooperative",
    "train_texture": "crossmodal.training.cooperative",
    "train_greedily": "crossmodal.training.greedy",
    "CrossmodalError": "crossmodal.errors",
}
__all__ = sorted(_HOMES)
__version__ = "0.1.0"


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'crossmodal' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
