"""The tables of docs/environmental_sounds.md: front ends, and the five folds of ESC-10."""

from statistics import fmean

from cells import head, load, percent, row


def environmental_front_ends() -> str:
    """A row per front end: its mean accuracy, and the test folds for which it is the best."""
    found = load("environmental_front_ends")
    lines = head("front end", "accuracy of the support vector machine", "best for the test folds")
    for name, accuracies in found["accuracies"].items():
        folds = [str(i) for i, best in enumerate(found["best_by_test_fold"], 1) if best == name]
        lines.append(row(name, f"{fmean(accuracies):.1%}", ", ".join(folds)))
    return "\n".join([*lines, "", f"`{found['command']}`"]) + "\n"


def environmental_sounds() -> str:
    """A row per fold, and their mean; then how many clips of each class were drawn as what."""
    found = load("environmental_sounds")
    runs = found["runs"]
    lines = head("test fold", "drawn at the posterior mean", "at sampled z", "real test pictures")
    for name, run in runs.items():
        figures = (run["posterior_mean"], run["sampled_z"], run["real_test_images"])
        lines.append(row(name.removeprefix("fold"), *(f"{figure:.1%}" for figure in figures)))
    means = (percent(found[name]["mean"], found[name]["interval_95"]) for name in ("posterior_mean", "sampled_z"))
    lines += [row("mean (95 % interval)", *means, ""), "", f"`{found['command']}`"]
    return "\n".join(lines) + "\n"


def environmental_confusions() -> str:
    """Row what sounded, column what was read in the drawing at the mean: clips of all folds."""
    runs = list(load("environmental_sounds")["runs"].values())
    classes = runs[0]["classes"]
    counts = [[sum(run["confusion"][i][j] for run in runs) for j in range(len(classes))] for i in range(len(classes))]
    lines = head("", *classes)
    lines += [row(name, *(str(n or "") for n in line)) for name, line in zip(classes, counts, strict=True)]
    return "\n".join(lines) + "\n"
