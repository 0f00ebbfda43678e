"""Training steps of the VAE, the compact VAE and the VAE-GAN on a batch of noise."""

import importlib.util

from limits import peaks, training_flops
from turns import Elsewhere, compare

PLAIN = "plain Keras: float32, keras.optimizers.Adam"
SHARED = "4 images share a clip"


def ours(default: str) -> dict:
    """(precision, images that share a clip) by title: float32 and this machine's, the latter with four images too."""
    alone = {f"crossmodal, {precision}": (precision, 1) for precision in dict.fromkeys(("float32", default))}
    return alone | {f"crossmodal, {default}, {SHARED}": (default, 4)}


def families() -> dict:
    """What builds each model, by its name."""
    from crossmodal.models.vae import AudioImageVAE
    from crossmodal.models.vae_gan import AudioImageVAEGAN

    return {"VAE": AudioImageVAE, "compact VAE": AudioImageVAE.compact, "VAE-GAN": AudioImageVAEGAN}


def training(config) -> dict:
    """Steps in turns; of the toolkit's the GFLOP/s and their share of the peak of a product of large matrices."""
    result = {"peaks": peaks()}
    print(f"  products of large matrices, GFLOP/s: {result['peaks']}", flush=True)
    for name, build in families().items():
        print(f" {name}", flush=True)
        result[name] = family(config, name, build, result["peaks"])
    return result


def family(config, name: str, build, peak: dict) -> dict:
    """One model: plain Keras first, then the toolkit's settings, then PyTorch's where it is installed."""
    from crossmodal.runtime.precision import machines_precision
    from crossmodal.training.optimizers import FusedAdam

    default = machines_precision()
    rivals = {PLAIN: plain(config, name, build)}
    for title, (precision, images_per_clip) in ours(default).items():
        rivals[title] = fit(config, build(dtype=precision), FusedAdam(1e-3), images_per_clip)
    elsewhere = {}
    if importlib.util.find_spec("torch"):
        import pytorch

        for variant in pytorch.VARIANTS:
            arguments = (name, variant, config.batch_size, config.steps)
            elsewhere[variant] = Elsewhere(pytorch.training_steps, *arguments)
    steps = compare({**rivals, **elsewhere}, config.rounds, config.steps, "steps/s")
    for rival in elsewhere.values():
        rival.close()
    gflop = training_flops(build(), config.batch_size) / 1e9
    for title, (precision, images_per_clip) in ours(default).items():
        if images_per_clip == 1:
            rate = gflop * steps[title]["steps/s"]
            unit = "bfloat16" if precision == "mixed_bfloat16" else "float32"
            steps[title] |= {"GFLOP/s": rate, "share_of_peak": rate / peak[unit]}
    return {"gflop": gflop, "steps": steps, "against_pytorch": against(steps, list(elsewhere), default)}


def against(steps: dict, others: list[str], precision: str) -> dict | None:
    """The toolkit in this machine's precision against the fastest of the others."""
    if not others:
        return None
    fastest = max(others, key=lambda name: steps[name]["steps/s"])
    return {"fastest": fastest, "ratio": steps[f"crossmodal, {precision}"]["steps/s"] / steps[fastest]["steps/s"]}


def random_batches(config, images_per_clip: int):
    """An endless data set of one batch of noise, in the shape of pairs."""
    import numpy as np
    import tensorflow as tf

    rng = np.random.default_rng(0)
    clips = config.batch_size // images_per_clip
    x = rng.random((clips, 48, 48, 1), np.float32)
    y = rng.random((clips, images_per_clip, 28, 28, 1), np.float32)
    return tf.data.Dataset.from_tensors((x, y)).repeat()


def fit(config, model, optimizer, images_per_clip: int = 1):
    """`config.steps` steps of a model, as a function without arguments."""
    data = random_batches(config, images_per_clip)
    model.compile(optimizer, jit_compile=False)
    return lambda: model.fit(data, steps_per_epoch=config.steps, verbose=0, shuffle=False)


def plain(config, name: str, build):
    """The same model of Keras' own layers with Keras' Adam; a GAN as Keras' guides train it."""
    import keras
    from plain_keras import alternating, own_layers

    with own_layers():
        model = alternating()(**getattr(build, "keywords", {})) if name == "VAE-GAN" else build(dtype="float32")
    return fit(config, model, keras.optimizers.Adam(1e-3))
