"""The table of docs/hand_signs.md."""

from cells import head, load, percent, row


def hand_signs() -> str:
    """What a reader reads in signs that were drawn of what strangers said, and how varied they are."""
    agreement, diversity = load("agreement_signs"), load("diversity_signs")
    sets = diversity["sets"]
    drawn, real, spread = sets["sampled_z"], sets["real_training_images"], diversity["spread"]

    def read(figure: str) -> str:
        return percent(agreement[figure]["accuracy"], agreement[figure]["interval_95"])

    said, compared = f"`{agreement['command']}`", f"`{diversity['command']}`"
    lines = head("figure", "drawn", "photographs", "command")
    lines += [
        row("read as what was said, drawn at random", read("sampled_z"), f"{agreement['real_test_images']:.1%}", said),
        row("the same, the best drawing", read("posterior_mean"), "", said),
        row("drawn of silence, or of another digit", controls(agreement), "", said),
        row(
            "variety of the drawings of one clip, ratio to photographs of other people",
            f"**{spread['within_clip']:.2f}**",
            f"{real['diversity_ratio']:.2f}",
            compared,
        ),
        row(
            "the same, of those that are read rightly",
            f"{spread['within_clip_read_rightly']:.2f}",
            "",
            compared,
        ),
        row("coverage of the photographs", f"{drawn['coverage']:.2f}", f"{real['coverage']:.2f}", compared),
    ]
    return "\n".join(lines) + "\n"


def controls(agreement: dict) -> str:
    silent, wrong = (agreement["controls"][name] for name in ("silent_audio", "wrong_class_audio"))
    return f"{silent:.1%}, {wrong:.1%}"
