"""The tables of the ways to hear, of changed training sounds, and of what an encoder starts from."""

from cells import head, load, mean_share, percent, row

from crossmodal.app.sweeps.members import agreement_of


def encoders() -> str:
    """A row per way to hear: agreement at the posterior mean on three kinds of test, then what it costs."""
    if not (result := load("encoders")):
        return ""
    runs, speaker = result["runs"], result["held_out_speaker"]
    lines = head(
        "way to hear", "`random`", f"unseen speaker {speaker}", "strangers", "parameters", "training", "ms a drawing"
    )

    def share(run: dict) -> str:
        found = agreement_of(run).posterior_mean
        return percent(found.accuracy, found.interval_95)

    for name in (run.removesuffix("-random") for run in runs if run.endswith("-random")):
        own, other = runs[f"{name}-random"], runs[f"{name}-speaker"]
        strangers = share(own["strangers"]) if "strangers" in own else "-"
        costs = (f"{own['parameters']:,}", f"{own['seconds']:.0f} s", f"{own['milliseconds_a_drawing']:.2f}")
        lines.append(row(f"`{name}`", share(own), share(other), strangers, *costs))
    return "\n".join([*lines, "", f"`{result['command']}`\n"])


def changes() -> str:
    """A row per change of the training sounds that is left out, a column per condition of the test."""
    if not (result := load("augmentations")):
        return ""
    measured = {left_out: run["conditions"]["by_condition"] for left_out, run in result["runs"].items()}
    conditions = list(measured["nothing"])
    lines = head("left out", *conditions)
    for left_out, figures in measured.items():
        lines.append(row(left_out, *(f"{figures[name]['accuracy']:.1%}" for name in conditions)))
    low, high = measured["nothing"]["clean"]["interval_95"]
    said = f"Of the first figure the 95 % interval over people is {low:.1%} to {high:.1%}. `{result['command']}`"
    return "\n".join([*lines, "", said]) + "\n"


def few_clips(*names: str) -> str:
    """A row per start, a column per number of aligned clips, from one or more files of results."""
    results = [result for name in names if (result := load(name))]
    curves = {start: curve for result in results for start, curve in result["curves"].items()}
    if not curves:
        return ""
    amounts = sorted({int(amount) for curve in curves.values() for amount in curve})
    lines = head("start", *(f"{amount} clips" if amount > 1 else "1 clip" for amount in amounts))
    for name, curve in curves.items():
        lines.append(row(f"`{name}`", *(mean_share(curve[str(n)]) if str(n) in curve else "-" for n in amounts)))
    return "\n".join([*lines, "", *(f"`{result['command']}`\n" for result in results)])
