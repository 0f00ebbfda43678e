"""The same networks in PyTorch, as its users write them, with the settings that make it fast on a CPU.

Weights start at PyTorch's defaults: only the time of a step is compared.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional

# name: (bfloat16 autocast, fused Adam, channels last, torch.compile)
VARIANTS = {
    "PyTorch, float32": (False, False, False, False),
    "PyTorch, float32, fused Adam, channels last": (False, True, True, False),
    "PyTorch, bfloat16 autocast, fused Adam": (True, True, False, False),
    "PyTorch, bfloat16 autocast, fused Adam, channels last": (True, True, True, False),
    "PyTorch, bfloat16 autocast, fused Adam, torch.compile": (True, True, False, True),
}


class Autoencoder(nn.Module):
    """An encoder with two heads and a decoder: the reconstruction in nats and the KL term of a batch."""

    def __init__(self, encoder, heads, decoder):
        super().__init__()
        self.encoder, self.heads, self.decoder = encoder, nn.ModuleList(heads), decoder

    def draw(self, spectrograms):
        features = self.encoder((spectrograms - 0.4) / 0.3)
        mean, log_var = (head(features).float().flatten(1) for head in self.heads)
        z = mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)
        kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean()
        return self.decoder(z), kl

    def forward(self, spectrograms, images):
        logits, kl = self.draw(spectrograms)
        nats = functional.binary_cross_entropy_with_logits(logits.float(), images, reduction="sum") / len(images)
        return nats, kl


class PaperVAE(Autoencoder):
    """The paper's VAE, 20,950,529 parameters."""

    def __init__(self):
        encoder = nn.Sequential(
            *(nn.Conv2d(1, 64, 4, 2), nn.ReLU(), nn.Conv2d(64, 128, 4, 2), nn.ReLU(), nn.Flatten()),
            *(nn.Linear(12800, 1024), nn.ReLU(), nn.Linear(1024, 512), nn.ReLU()),
        )
        decoder = nn.Sequential(
            *(nn.Linear(64, 512), nn.ReLU(), nn.Linear(512, 1024), nn.ReLU(), nn.Linear(1024, 6272), nn.ReLU()),
            *(nn.Unflatten(1, (128, 7, 7)), nn.ConvTranspose2d(128, 64, 4, 2, 1), nn.ReLU()),
            nn.ConvTranspose2d(64, 1, 4, 2, 1),
        )
        super().__init__(encoder, [nn.Linear(512, 64), nn.Linear(512, 64)], decoder)


class CompactVAE(Autoencoder):
    """`AudioImageVAE.compact`."""

    def __init__(self):
        encoder = nn.Sequential(
            *(nn.Conv2d(1, 32, 4, 2, bias=False), nn.BatchNorm2d(32), nn.ReLU()),
            *(nn.Conv2d(32, 64, 4, 2, bias=False), nn.BatchNorm2d(64), nn.ReLU()),
            *(nn.Conv2d(64, 128, 4, 2, bias=False), nn.BatchNorm2d(128), nn.ReLU(), nn.Flatten()),
            *(nn.Linear(2048, 256), nn.ReLU()),
        )
        decoder = nn.Sequential(
            *(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 1568), nn.ReLU(), nn.Unflatten(1, (32, 7, 7))),
            *(nn.ConvTranspose2d(32, 32, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1)),
        )
        super().__init__(encoder, [nn.Linear(256, 64), nn.Linear(256, 64)], decoder)


class PaperVAEGAN(Autoencoder):
    """The paper's VAE-GAN, 7,909,382 parameters; both players learn from the same drawings."""

    ALPHA, BETA = 0.2, 0.5

    def __init__(self):
        encoder = nn.Sequential(
            *(nn.Conv2d(1, 128, 4, 2, bias=False), nn.BatchNorm2d(128), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(128, 256, 4, 2, bias=False), nn.BatchNorm2d(256), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(256, 512, 4, 2, bias=False), nn.BatchNorm2d(512), nn.LeakyReLU(0.2)),
        )
        decoder = nn.Sequential(
            *(nn.Unflatten(1, (64, 1, 1)), nn.ConvTranspose2d(64, 512, 3, 2), nn.BatchNorm2d(512), nn.ReLU()),
            *(nn.ConvTranspose2d(512, 256, 3, 2), nn.BatchNorm2d(256), nn.ReLU()),
            *(nn.ConvTranspose2d(256, 128, 2, 2), nn.BatchNorm2d(128), nn.ReLU()),
            *(nn.ConvTranspose2d(128, 1, 2, 2), nn.BatchNorm2d(1)),
        )
        super().__init__(encoder, [nn.Conv2d(512, 64, 4, bias=False), nn.Conv2d(512, 64, 4, bias=False)], decoder)
        self.discriminator = nn.Sequential(
            *(nn.Conv2d(1, 128, 4, 2), nn.BatchNorm2d(128), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(128, 256, 4, 2), nn.BatchNorm2d(256), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(256, 512, 4, 2), nn.BatchNorm2d(512), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(512, 1, 1), nn.BatchNorm2d(1), nn.Flatten()),
        )

    def forward(self, spectrograms, images):
        """The generator's loss and the discriminator's."""
        logits, kl = self.draw(spectrograms)
        nats = functional.binary_cross_entropy_with_logits(logits.float(), images, reduction="sum") / len(images)
        scores = self.discriminator(torch.cat([images, torch.sigmoid(logits.float())])).float()
        real, fake = scores.split(len(images))
        generator = functional.softplus(-fake).mean() + self.ALPHA * nats + self.BETA * kl
        return generator, (functional.softplus(-real) + functional.softplus(fake)).mean()


NETWORKS = {"VAE": PaperVAE, "compact VAE": CompactVAE, "VAE-GAN": PaperVAEGAN}


def training_steps(network: str, variant: str, batch_size: int, steps: int) -> Callable:
    """So many training steps on a batch of noise, as a function without arguments."""
    bfloat16, fused, channels_last, compiled = VARIANTS[variant]
    torch.manual_seed(0)
    model = NETWORKS[network]().train()
    spectrograms, images = torch.rand(batch_size, 1, 48, 48), torch.rand(batch_size, 1, 28, 28)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    discriminator = list(model.discriminator.parameters()) if hasattr(model, "discriminator") else []
    generator = [*model.encoder.parameters(), *model.heads.parameters(), *model.decoder.parameters()]
    adam = torch.optim.Adam(model.parameters(), 1e-3, fused=fused)
    forward = torch.compile(model) if compiled else model

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            a, b = forward(spectrograms, images)
        if discriminator:
            of_generator = torch.autograd.grad(a, generator, retain_graph=True)
            of_discriminator = torch.autograd.grad(b, discriminator)
            both = zip([*generator, *discriminator], [*of_generator, *of_discriminator], strict=True)
            for parameter, gradient in both:
                parameter.grad = gradient
        else:
            adam.zero_grad()
            (a + b).backward()
        adam.step()

    def turn():
        for _ in range(steps):
            step()

    return turn


def descriptor(weights: list[np.ndarray], strides: tuple[int, ...]) -> nn.Module:
    """A waveform descriptor with Keras' weights: kernels (size, from, to) and biases in turn."""
    convolutions = []
    for kernel, bias, stride in zip(weights[::2], weights[1::2], strides, strict=True):
        convolution = nn.Conv1d(kernel.shape[1], kernel.shape[2], kernel.shape[0], stride)
        convolution.weight.data = torch.tensor(np.ascontiguousarray(kernel.transpose(2, 1, 0)))
        convolution.bias.data = torch.tensor(bias)
        convolutions += [convolution, nn.ReLU()]
    return nn.Sequential(*convolutions[:-1]).requires_grad_(False)


def slope(network: nn.Module, y: torch.Tensor) -> torch.Tensor:
    """df/dY of signals (chains, samples)."""
    y = y.detach().requires_grad_(True)
    return torch.autograd.grad(network(y[:, None]).float().sum(), y)[0]


def langevin(weights, strides, start, steps: int, step: float, sigma: float, bfloat16: bool) -> Callable:
    """Chains from `start` (chains, samples), as a function without arguments."""
    network, first = descriptor(weights, strides), torch.tensor(start)

    def turn():
        y = first
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            for _ in range(steps):
                y = y - step**2 / 2 * (y / sigma**2 - slope(network, y)) + step * torch.randn_like(y)
        return y

    return turn
