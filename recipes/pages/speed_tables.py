"""The tables of speed: ratios to rivals, and seconds."""

from cells import VAES, head, load, row, times


def speed() -> str:
    """Ratios to rivals that took turns in one run, and what things take on the machine of that run."""
    if not (result := load("benchmark")):
        return ""
    heads = ("work", "against", "ratio", "share of the peak")
    lines = head(*heads)
    training = result["training"]
    for measured in (result, load("benchmark_avx2")):
        lines += training_rows(measured) if measured else []
    chains, others = result["langevin"]["steps"], "PyTorch, bfloat16 autocast"
    for precision in ("float32", "mixed_bfloat16"):
        share = f"{result['langevin']['share_of_peak']:.0%} of float32's" if precision == "float32" else "-"
        what = f"Langevin chains of the thesis' descriptor, {precision}"
        lines.append(row(what, next(iter(chains)), times(chains[f"crossmodal, {precision}"]), share))
    if others in chains:
        lines.append(row(f"({others}, of the same chains)", next(iter(chains)), times(chains[others]), "-"))
    librosa = "`librosa.feature.melspectrogram` clip by clip"
    lines.append(row("log-mel", librosa, times(result["spectrograms"]["log_mel"]), "-"))
    ratio = result["pipeline"]["batches"]["ratio"]
    lines.append(row("input pipeline alone", "the VAE's training steps", f"**{ratio:.0f} x**", "-"))
    scaling = load("scaling")
    for name, sizes in (scaling["workers"] if scaling else {}).items():
        size, counts = list(sizes.items())[-1]
        what = f"two local workers of a core each, {VAES[name]}, {int(size):,} images each"
        lines.append(row(what, "one such worker", times(counts["2"], 2), "-"))
    peak = f"Products of large matrices: {peaks(training)}."
    if weaker := load("benchmark_avx2"):
        peak += f" On {weaker['instructions']}: {peaks(weaker['training'])}."
    commands = ", ".join(f"`{measured['command']}`" for measured in (result, weaker, scaling) if measured)
    return "\n".join([*lines, "", peak, "", *seconds_rows(result), "", commands]) + "\n"


def peaks(training: dict) -> str:
    return " and ".join(f"{value:.0f} GFLOP/s in {precision}" for precision, value in training["peaks"].items())


def training_rows(result: dict) -> list[str]:
    """Training steps in the precision of the machine that was measured; the file without such a note is bfloat16's."""
    training, precision = result["training"], result.get("precision", "mixed_bfloat16")
    unit = precision.removeprefix("mixed_")
    where = f", {unit} on {result['instructions']}" if "instructions" in result else ""
    lines = []
    for name in ("VAE", "compact VAE", "VAE-GAN"):
        steps, against = training[name]["steps"], training[name]["against_pytorch"]
        ours = steps[f"crossmodal, {precision}"]
        shared = steps[f"crossmodal, {precision}, 4 images share a clip"]
        title = "training step of the " + (name if name == "compact VAE" else f"paper's {name}") + where
        share = f"{ours['share_of_peak']:.0%} of {unit}'s"
        if against:
            lines.append(row(title, against["fastest"], f"**{against['ratio']:.2f} x**", share))
        again, same = ("the same", "as above") if against else (title, share)
        lines.append(row(again, "plain float32 Keras", times(ours), same))
        lines.append(row("the same, 4 images share a clip", "plain float32 Keras", times(shared), "-"))
    return lines


def seconds_rows(result: dict) -> list[str]:
    """What does not have a rival."""
    textures, drawing, start = result["textures"], result["generation"], result["start"]
    thesis, minute = textures["thesis"], textures["minute_of_sound_s"]
    rows = {
        "a drawing of one spectrogram: compact VAE, `balanced`": [drawing[name]["1"] for name in drawing],
        "drawings of 1,000: compact VAE, `balanced`": [drawing[name]["1000"] for name in drawing],
        "a minute of sound: the default's generator, the thesis'": list(minute.values()),
        "score and copy report of a pair of 4 s": [textures["score_and_copies_of_a_pair_s"]],
        f"`thesis`, {thesis['iterations']} iterations of 40 steps, 2 x 60,000 samples": [thesis["seconds"]],
        "`crossmodal --help`": [start["crossmodal --help"]],
        "a new process until the preset is loaded": [start["the preset is loaded"]],
    }
    return [
        *head("work", "seconds"),
        *(row(title, ", ".join(f"{value:.3g}" for value in values)) for title, values in rows.items()),
    ]
