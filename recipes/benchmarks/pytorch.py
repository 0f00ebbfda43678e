"""The same networks in PyTorch, as its users write them, with the settings that make it fast on a CPU.

Weights start at PyTorch's defaults: only the time of a step is compared.
"""

from collections.abc import Callable

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


def training_steps(make: Callable, variant: str, batch_size: int, steps: int) -> Callable:
    """So many training steps of a network on a batch of noise, as a function without arguments."""
    bfloat16, fused, channels_last, compiled = VARIANTS[variant]
    torch.manual_seed(0)
    network = make().train()
    spectrograms, images = torch.rand(batch_size, 1, 48, 48), torch.rand(batch_size, 1, 28, 28)
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
    discriminator = list(network.discriminator.parameters()) if hasattr(network, "discriminator") else []
    judged = {id(parameter) for parameter in discriminator}
    generator = [parameter for parameter in network.parameters() if id(parameter) not in judged]
    adam = torch.optim.Adam(network.parameters(), 1e-3, fused=fused)
    forward = torch.compile(network) if compiled else network

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            a, b = forward(spectrograms, images)
        if discriminator:
            of_generator = torch.autograd.grad(a, generator, retain_graph=True)
            of_discriminator = torch.autograd.grad(b, discriminator)
            for parameter, gradient in zip([*generator, *discriminator], [*of_generator, *of_discriminator], strict=True):
                parameter.grad = gradient
        else:
            adam.zero_grad()
            (a + b).backward()
        adam.step()

    def turn():
        for _ in range(steps):
            step()

    return turn
