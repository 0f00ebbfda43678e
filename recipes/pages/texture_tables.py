"""The tables of sound textures."""

from statistics import mean

from cells import head, load, row

from crossmodal.app.sweeps.textures import GATED


def textures() -> str:
    """The default preset on each recording: score of the draws, of the generator alone, copies."""
    if not (result := load("texture_baselines")):
        return ""
    heads = ("recording", "score of the draws", "generator alone", "copies", "loops", "longest stretch found")
    lines = head(*heads)
    for texture, figures in result["methods"]["coopnets"].items():
        cells = (f"{figures['score']:.2f}", f"{figures['generator_alone']:.2f}")
        counts = (f"{figures[name]} of {figures['draws']}" for name in ("copied", "loops"))
        title = f"{texture} (ill-conditioned)" if figures["ill_conditioned"] else texture
        lines.append(row(title, *cells, *counts, f"{figures['longest_stretch_s']:.2f} s"))
    mean = f"Mean score over {', '.join(GATED)}: **{result['mean']['coopnets']['score']:.2f}**."
    return "\n".join([*lines, "", f"{mean} `{result['command']}`"]) + "\n"


def texture_sweeps(name: str) -> str:
    """Figures 4.1 to 4.4: the last error and the chains' last level, or when they explode; over the seeds."""
    if not (result := load(name)):
        return ""
    runs, steps = result["runs"], (30, 40, 50)

    def cell(kind: str) -> str:
        figures = [figure for run, figure in runs.items() if run.startswith(f"{kind} seed")]
        if exploded := [figure["exploded_at"] for figure in figures if figure["exploded_at"] is not None]:
            some = "" if len(exploded) == len(figures) else f"{len(exploded)} of {len(figures)} "
            return f"{some}at {over(exploded, '.0f')}"
        errors, levels = ([figure[key] for figure in figures] for key in ("last_error", "last_level"))
        return f"{over(errors, '.4f')}, {over(levels, '.2f')}"

    lines = head("learning rate", *(f"{each} steps" for each in steps))
    for rate in (0.1, 0.2, 0.3):
        lines.append(row(f"{rate}", *(cell(f"rate {rate} steps {each}") for each in steps)))
    lines += ["", *head(*(f"stride {stride}" for stride in (20, 40, 60)))]
    lines.append(row(*(cell(f"stride {stride}") for stride in (20, 40, 60))))
    return "\n".join([*lines, "", f"`{result['command']}`"]) + "\n"


def over(numbers: list[float], form: str) -> str:
    """The mean of numbers, and where there are several their range: "0.52 (0.51 to 0.54)"."""
    whole = f"{mean(numbers):{form}}"
    return whole if len(numbers) == 1 else f"{whole} ({min(numbers):{form}} to {max(numbers):{form}})"


TEACHING = {
    "waveform": "regression of the revised draws",
    "fitted": "energy of the descriptor as it was fitted to the recording, without chains: 600 steps",
    "one-step": "energy, one step an iteration",
    "coopnets": "energy, ten steps an iteration (default)",
}


def texture_teaching() -> str:
    """What teaches the generator: score of its own draws by recording, their mean, the mean of the revised draws."""
    if not (result := load("texture_teaching")):
        return ""
    lines = head("the generator learns by", *GATED, "mean", "revised draws", "copies, loops or draws alike")
    for method, title in TEACHING.items():
        if rows := result["methods"].get(method):
            mean = result["mean"][method]
            each = [f"{rows[texture]['generator_alone']:.2f}" for texture in GATED]
            suspect = mean["generator_suspect"] + sum(mean[name] for name in ("copied", "loops", "alike"))
            lines.append(row(title, *each, f"**{mean['generator_alone']:.2f}**", f"{mean['score']:.2f}", str(suspect)))
    return "\n".join([*lines, "", f"`{result['command']}`"]) + "\n"


LADDER = {
    "thesis": "`thesis`, 500 iterations",
    "thesis-long": "the same, 5,000 iterations",
    "whitened": "500 iterations, whitened signals and chains whose sigma is their level",
    "hearing": "and the default's descriptor, chains and training, by regression of waveforms",
    "waveform": "and the default's generator",
    "coopnets": "and the generator learns by energy: the default",
}


def texture_ladder() -> str:
    """From the thesis' networks to the default ones: score of the revised draws by recording, means, what repeats."""
    files = [result for name in ("texture_ladder", "texture_ladder_long") if (result := load(name))]
    lines = head("networks and training", *GATED, "mean", "generator alone", "copies, loops or draws alike")
    methods = {method: (rows, file["mean"][method]) for file in files for method, rows in file["methods"].items()}
    for method, title in LADDER.items():
        if method in methods:
            rows, mean = methods[method]
            each = [f"{rows[texture]['score']:.2f}" if texture in rows else "-" for texture in GATED]
            repeats = sum(mean[name] for name in ("copied", "loops", "alike"))
            of_all = f"**{mean['score']:.2f}**" if rows.keys() >= set(GATED) else "-"
            lines.append(row(title, *each, of_all, f"{mean['generator_alone']:.2f}", str(repeats)))
    return "\n".join([*lines, "", ", ".join(f"`{file['command']}`" for file in files)]) + "\n" if files else ""


METHODS = {
    "coopnets": "CoopNets, default",
    "adapted": "the same before any training: its front end fitted, chains from noise",
    "coopnets-z": "CoopNets, latents revised too",
    "descriptor": "descriptor alone, persistent chains (algorithm D)",
    "contrastive": "descriptor alone, contrastive divergence",
    "generator": "generator alone (algorithm G)",
    "thesis": "CoopNets, `thesis`",
    "wavegan": "WaveGAN, 400 iterations",
    "statistics": "gradient descent from noise onto the evaluator's statistics",
}


def texture_methods() -> str:
    """Every method that was measured: mean score over the recordings on which it means something, copies over all."""
    names = ("texture_baselines", "texture_methods", "texture_thesis", "texture_wavegan")
    files = [result for name in names if (result := load(name))]
    means = {method: figures for result in files for method, figures in result["mean"].items()}
    heads = ("method", "mean score of the five", "copies", "loops", "alike")
    lines = head(*heads)
    for method, title in METHODS.items():
        if figures := means.get(method):
            counts = [f"{figures[name]} of {figures['draws']}" for name in ("copied", "loops")]
            lines.append(row(title, f"{figures['score']:.2f}", *counts, str(figures["alike"])))
    return "\n".join([*lines, "", ", ".join(f"`{result['command']}`" for result in files)]) + "\n"


JUDGED = {
    "coopnets, revised draws": "CoopNets, default, revised",
    "coopnets, what the generator alone draws": "CoopNets, default, the generator alone",
    "thesis, revised draws": "CoopNets, `thesis`, revised",
    "thesis, what the generator alone draws": "CoopNets, `thesis`, the generator alone",
    "wavegan, what the generator alone draws": "WaveGAN, 400 iterations",
    "peer:AN": "peer AN",
    "peer:RISpec": "peer RISpec (copies)",
    "peer:OT": "peer OT (copies)",
}


def texture_judges() -> str:
    """What judges without a cochlea say: which recording a draw is of, how far its windows are."""
    if not (result := load("texture_judges")):
        return ""
    heads = ("what is heard", "recordings", "its recording", "of other halves", "of noise", "score by windows")
    lines = head(*heads)
    for method, title in JUDGED.items():
        if figures := result["methods"].get(method):
            found, mean = figures["identification"], figures["windows"]["mean"]
            shares = (f"{found['draws']:.2f}", f"{found['halves']:.2f}", f"{found['noise']:.2f}")
            lines.append(row(title, str(len(found["by_reference"])), *shares, f"{mean:.2f}"))
    return "\n".join([*lines, "", f"`{result['command']}`"]) + "\n"


def texture_classes() -> str:
    """Classes of ESC-10: what is recognised of other takes, of recordings that were learned, of their draws."""
    if not (result := load("texture_classes")):
        return ""
    kinds = {"test_takes": "takes of the fifth fold", "learned": "the recording", "draw": "its draws, revised"}
    kinds |= {"generator": "the generator alone", "noise": "noise with its spectrum"}
    lines = head("class", *kinds.values(), "draws are heard as")
    for name, figures in result["by_class"].items():
        heard = ", ".join(f"{other.replace('_', ' ')} {count}" for other, count in figures["taken_for"].items())
        lines.append(row(name.replace("_", " "), *(f"{figures[kind]:.2f}" for kind in kinds), heard))
    lines.append(row("mean", *(f"**{result['mean'][kind]:.2f}**" for kind in kinds), ""))
    return "\n".join([*lines, "", f"`{result['command']}`"]) + "\n"


ALONE = {"draw": "", "generator": ", the generator alone"}


def texture_mixtures() -> str:
    """Share of the windows of mixtures that is heard as the first recording, by its weight."""
    if not (result := load("texture_mixtures")):
        return ""
    how = {"average": "average of the statistics", "turns": "turns"}
    lines = head(
        "weights", "share of the first", *(f"{title}{alone}" for title in how.values() for alone in ALONE.values())
    )
    for weights, figures in result["mixtures"]["average"].items():
        found = [result["mixtures"][name][weights][kind] for name in how for kind in ALONE]
        lines.append(row(weights, f"{figures['weight']:.0%}", *(f"{share:.0%}" for share in found)))
    return "\n".join([*lines, "", f"`{result['command']}`"]) + "\n"


def texture_streams() -> str:
    """How fast textures are learned and played, and in how much memory."""
    if not (result := load("texture_streams")):
        return ""
    heads = ("5 s learned in", "played", "block of 20 ms: median", "99.9 %", "longest", "memory: a minute", "an hour")
    lines = head("sound", *heads)
    for kind, figures in result["kinds"].items():
        blocks = (f"{ms:.1f} ms" for ms in figures["block_ms"].values())
        memory = (f"{mb:.0f} MB" for mb in figures["memory_mb"].values())
        played = f"{figures['times_real_time']:.0f} x real time"
        lines.append(row(kind, f"{figures['learned_s']:.0f} s", played, *blocks, *memory))
    return "\n".join([*lines, "", f"`{result['command']}`"]) + "\n"
