"""Whose hand a photograph shows, by its number."""

from crossmodal.data.sources import DIGITS
from recipes import name_signers


def test_a_new_person_begins_where_the_digit_falls(tmp_path, capsys):
    taken = [*range(10), *range(10), 0, 1, 1, 2, 3, 5, 4, 6, 7, 8]  # the third leaves out a nine
    for number, digit in enumerate(taken, 2):
        path = tmp_path / "hand_signs" / DIGITS[digit] / f"img_{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"photograph")
    options = ["--images-dir", str(tmp_path / "hand_signs"), "--output", str(tmp_path / "signs")]
    for _ in range(2):  # links that are there stay
        assert name_signers.main(options) == 0
    assert "30 photographs of 3 people" in capsys.readouterr().out
    ones = sorted(path.name for path in (tmp_path / "signs" / "one").iterdir())
    assert ones == ["p000_3.jpg", "p001_13.jpg", "p002_23.jpg", "p002_24.jpg"]
    assert (tmp_path / "signs" / "one" / "p000_3.jpg").read_bytes() == b"photograph"


def test_a_folder_without_photographs_is_refused(tmp_path, capsys):
    assert name_signers.main(["--images-dir", str(tmp_path)]) == 2
    assert "holds no photographs such as zero/img_1118.jpg" in capsys.readouterr().err
