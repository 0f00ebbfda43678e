"""Everything that is asked of the syntheses of one reference, as one dict and as text."""

from evaluation.texture.copies import copy_report, draws_report, halves_report
from evaluation.texture.filters import SAMPLE_RATE
from evaluation.texture.kernel_score import kernel_scale, kernel_score
from evaluation.texture.score import SHORTEST_S, check_measurable, matched_score, score_scale


def evaluate_textures(reference, syntheses, names: list[str] | None = None) -> dict:
    """Score some syntheses of one reference and search them for copies and loops.

    Args:
        reference: waveform (samples,) at 20 kHz, at least 2 s; the first 7 s are scored, all of it searched.
        syntheses: list of waveforms (samples,) at 20 kHz, each at least half as long as the scored reference.
        names: what to call the reference and the syntheses, in this order.

    Returns:
        dict: `reference`: `name`, `scale_db`, `ill_conditioned`, `noise_db`, `halves_db` (see `score.Scale`) and
        `halves` (see `copies.halves_report`); `syntheses`: list of dicts with `name` and what `matched_score`,
        `kernel_score` and `copy_report` return; `draws`: see `copies.draws_report`.

    Raises:
        AudioError: a waveform that cannot be measured, see `score.check_measurable`.
    """
    names = names or ["the reference", *(f"synthesis {i}" for i in range(1, len(syntheses) + 1))]
    reference = check_measurable(reference, name=names[0], min_duration_s=SHORTEST_S)
    scale, windows = score_scale(reference), kernel_scale(reference)
    least_s = scale.samples / SAMPLE_RATE
    syntheses = [
        check_measurable(synthesis, name=name, min_duration_s=least_s)
        for synthesis, name in zip(syntheses, names[1:], strict=True)
    ]
    halves = halves_report(reference)
    return {
        "reference": {
            "name": names[0],
            "scale_db": scale.length_db,
            "ill_conditioned": scale.ill_conditioned,
            "noise_db": scale.noise_db,
            "halves_db": scale.halves_db,
            "halves": halves,
        },
        "syntheses": [
            {
                "name": name,
                **matched_score(scale, synthesis),
                **kernel_score(windows, synthesis),
                **copy_report(reference, synthesis, halves),
            }
            for synthesis, name in zip(syntheses, names[1:], strict=True)
        ],
        "draws": draws_report(syntheses, halves),
    }


def as_tables(report: dict) -> str:
    """The figures as text for a terminal."""
    reference, syntheses = report["reference"], report["syntheses"]
    warning = ", too little to score: ILL-CONDITIONED" if reference["ill_conditioned"] else ""
    halves = {"name": "second half against first", "score": 1.0, "kernel_score": 1.0, **reference["halves"]}
    classes = list(reference["noise_db"])
    dbs = {"noise": reference["noise_db"], halves["name"]: reference["halves_db"]}
    dbs |= {figures["name"]: figures["snr_db"] for figures in syntheses}
    return "\n".join(
        [
            f"{reference['name']}: its halves are {reference['scale_db']:.1f} dB nearer to each other than noise"
            + warning,
            "",
            *_columns([_SUMMARY, *(_summary(figures) for figures in (halves, *syntheses))]),
            "",
            *_columns([("dB by class", *classes), *((name, *_decimals(db)) for name, db in dbs.items())]),
            *("" for _ in report["draws"][:1]),
            *(_draws_line(pair, syntheses) for pair in report["draws"]),
        ]
    )


_SUMMARY = ("", "score", "windows", "copied", "stretch", "reversed", "250 ms", "loops", "repeats")


def _summary(figures):
    pieces = figures["correlation"]["whitened"]["250 ms"]
    yes_or_no = {True: "YES", False: "no", None: ""}
    return (
        figures["name"],
        f"{figures['score']:.2f}",
        f"{figures['kernel_score']:.2f}",
        yes_or_no[figures.get("copied")],
        f"{figures['stretch_s']:.2f} s",
        f"{figures['reversed_stretch_s']:.2f} s",
        f"{pieces['median']:.2f}/{pieces['maximum']:.2f}",
        yes_or_no[figures.get("loops")],
        f"{figures['self_stretch_s']:.2f} s",
    )


def _draws_line(pair, syntheses):
    a, b = (syntheses[i]["name"] for i in pair["pair"])
    verdict = "ALIKE" if pair["alike"] else "different"
    distances = f"distance {pair['distance']:.2f}, of the halves {pair['halves_distance']:.2f}"
    return f"{a} and {b}: {verdict} ({distances}; longest stretch in both {pair['stretch_s']:.2f} s)"


def _decimals(db):
    return [f"{value:.1f}" for value in db.values()]


def _columns(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        row[0].ljust(widths[0]) + "".join(f"  {c:>{w}}" for c, w in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]
