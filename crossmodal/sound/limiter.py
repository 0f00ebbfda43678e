"""Keep sound below full scale, between its samples too.

A converter draws a smooth curve through the samples, whose peak may lie between them: the true peak, found by four
times as many samples (ITU-R BS.1770-4, annex 2). A limiter lowers the level around peaks alone: the gain that a peak
needs is held for `LOOK_S` before and after it and smoothed over as long, so it never jumps and is never too high.
"""

from collections.abc import Iterable, Iterator

import numpy as np

OVERSAMPLING = 4
CEILING = 10 ** (-0.3 / 20)  # of true peaks
LOOK_S = 0.005
_REACH = 16  # samples that the interpolation hears to either side


def true_peak(sound: np.ndarray) -> float:
    """The largest absolute value of a sound, (samples,) or (samples, channels), on a grid four times as fine."""
    return float(_peaks(np.asarray(sound, np.float32)).max())


def _peaks(sound):
    """The largest of the four values around each sample, of all channels, (samples,)."""
    import scipy.signal

    fine = np.abs(scipy.signal.resample_poly(sound, OVERSAMPLING, 1, axis=0)).reshape(len(sound), -1).max(axis=1)
    return np.maximum(fine, np.abs(sound).reshape(len(sound), -1).max(axis=1))


class Limiter:
    """Sounds whose true peaks stay below full scale; `lowest` is the lowest gain so far.

    Args:
        sample_rate: in Hz.
    """

    def __init__(self, sample_rate: int):
        self.look = max(1, round(LOOK_S * sample_rate))
        self.margin = 2 * self.look + _REACH  # samples to either side on which an output depends
        self.lowest = 1.0

    def stream(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Blocks of one sound without an end, (samples,) or (samples, channels); what comes out lags by `margin`."""
        held = None
        for block in blocks:
            held = np.concatenate(
                [np.zeros((self.margin, *block.shape[1:]), np.float32) if held is None else held, block]
            )
            if len(held) > 2 * self.margin:
                yield self._middle(held)
                held = held[-2 * self.margin :]

    def whole(self, sound: np.ndarray, circular: bool = False) -> np.ndarray:
        """A sound (samples,) or (samples, channels), between silence or, if circular, between repetitions of it."""
        around = [(self.margin, self.margin)] + [(0, 0)] * (sound.ndim - 1)
        return self._middle(np.pad(sound, around, mode="wrap" if circular else "constant"))

    def _middle(self, held: np.ndarray) -> np.ndarray:
        """A sound without `margin` samples to either side, times its gain."""
        import scipy.ndimage

        middle = held[self.margin : -self.margin]
        needed = np.minimum(1.0, CEILING / np.maximum(_peaks(held), CEILING))
        if needed.min() == 1.0:
            return middle
        window = 2 * self.look + 1
        gain = scipy.ndimage.minimum_filter1d(needed, window)
        gain = scipy.ndimage.convolve1d(gain, np.hanning(window + 2)[1:-1] / (self.look + 1))[
            self.margin : -self.margin
        ]
        self.lowest = min(self.lowest, float(gain.min()))
        return (middle.T * gain).T.astype(np.float32)
