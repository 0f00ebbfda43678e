"""What a diversity report says, as text: the names of its sets and figures, and its tables."""

from evaluation.diversity_figures import Diversity

SETS = {
    "real_training_images": "real training images",
    "sampled_z": "drawn at sampled z",
    "posterior_mean": "drawn at the posterior mean",
    "one_real_image_per_class": "one real image per class",
    "silent_audio": "control: silent audio",
    "wrong_class_audio": "control: audio of a wrong class",
    "another_speaker": "control: another speaker's audio",
}
COLUMNS = {
    "agreement": ("agree", "{:.1%}"),
    "diversity_ratio": ("spread", "{:.2f}"),
    "precision": ("precis.", "{:.3f}"),
    "recall": ("recall", "{:.3f}"),
    "density": ("density", "{:.2f}"),
    "coverage": ("cover.", "{:.3f}"),
    "fid": ("FID", "{:.2f}"),
    "fid_extrapolated": ("FID ext.", "{:.2f}"),
    "kid": ("KID", "{:.3f}"),
    "label_kl_to_uniform": ("KL", "{:.4f}"),
}
SPREADS = {
    "within_clip": "drawings of one clip",
    "within_clip_read_rightly": "the same, those read as what was spoken",
    "between_clips": "drawings of two clips",
    "between_clips_of_one_speaker": "drawings of two clips by one speaker",
    "between_clips_of_two_speakers": "drawings of clips by two speakers",
}


def as_tables(report: Diversity) -> str:
    """The figures as text for a terminal."""
    real, cas, reader = report.real_test_images, report.cas, report.reader
    lines = [
        f"{report.pairs} drawings of {report.clips} test clips against as many real test images,",
        f"by the {reader['features']} features of {reader['name']} (SHA-256 {reader['sha256'][:12]}...), "
        f"k = {report.neighbours}; FID and KID are of these features too",
        "",
        _row("", [title for title, _ in COLUMNS.values()]),
        *(
            _row(title, [form.format(getattr(report.sets[name], column)) for column, (_, form) in COLUMNS.items()])
            for name, title in SETS.items()
            if name in report.sets
        ),
        f"Coverage to expect of equal distributions: {report.expected_coverage:.3f}. Of the real test images "
        f"{real['agreement']:.1%} agree; the KL divergence of what is read in them to uniform is "
        f"{real['label_kl_to_uniform']:.4f}.",
        "",
        "Mean distance of drawings of a class, as a ratio to real images of it (1.00)",
        *(f"  {title:<41}{_ratio(report.spread[name])}" for name, title in SPREADS.items()),
        "",
        "Nearest training image, pixels               median  lowest 1 %   ratio to second, median  lowest 1 %",
        *(
            f"  {title:<41}{near['median']:8.2f}{near['lowest_percent']:12.2f}"
            f"{near['median_ratio_to_second']:26.3f}{near['lowest_percent_of_ratio']:12.3f}"
            for title, near in (
                ("drawn at sampled z", report.nearest_training_image["sampled_z"]),
                ("real test images", report.nearest_training_image["real_test_images"]),
            )
        ),
    ]
    if second := report.second_reader:
        lines += [
            "",
            f"Read rightly by {report.reader['name']} and by a second reader, {second['name']}",
            *(
                f"  {title:<41}{first:8.2%}{second[name]:10.2%}"
                for name, title, first in (
                    ("posterior_mean", "best drawing", report.sets["posterior_mean"].agreement),
                    ("sampled_z", "drawn at sampled z", report.sets["sampled_z"].agreement),
                    ("real_test_images", "real test images", real["agreement"]),
                )
            ),
        ]
    if cas:
        lines += [
            "",
            f"CAS, a LeNet5 trained on {cas['images']} images and tested on real ones",
            f"  {'drawn at sampled z':<41}{cas['sampled_z']:8.2%}",
            f"  {'real training images':<41}{cas['real_training_images']:8.2%}",
        ]
    return "\n".join(lines)


def _row(name: str, cells: list[str]) -> str:
    return f"{name:<32}" + "".join(f"{cell:>9}" for cell in cells)


def _ratio(value: float | None) -> str:
    return "    none" if value is None else f"{value:8.2f}"
