"""The figures of a texture run that tables and cards keep."""

GATED = ("applause", "fire", "insects", "rain", "sink")  # four seconds of these suffice for a score


def summary(metrics: dict) -> dict:
    """Mean scores of the draws, by statistics and by windows, and of the generator alone; how many of either copy, loop
    or are alike."""
    sounds = metrics["sounds"]
    drawn = [figures for name, figures in sounds.items() if name.startswith("draw")]
    alone = [figures for name, figures in sounds.items() if name.startswith("generator")]
    by_windows = [figures["kernel_score"] for figures in drawn if "kernel_score" in figures]  # not of earlier versions
    suspect = sum(figures["copied"] or figures["loops"] for figures in alone)
    return {
        "score": sum(figures["score"] for figures in drawn) / len(drawn),
        "kernel_score": sum(by_windows) / len(by_windows) if by_windows else None,
        "generator_alone": sum(figures["score"] for figures in alone) / len(alone) if alone else None,
        "generator_suspect": suspect + sum(pair["alike"] for pair in metrics.get("generator_draws", ())),
        "copied": sum(figures["copied"] for figures in drawn),
        "loops": sum(figures["loops"] for figures in drawn),
        "alike": sum(pair["alike"] for pair in metrics["draws"]),
        "draws": len(drawn),
        "longest_stretch_s": max(max(f["stretch_s"], f["reversed_stretch_s"]) for f in drawn),
        "ill_conditioned": metrics["ill_conditioned"],
        "seconds": metrics["seconds"],
    }
