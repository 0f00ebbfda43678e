"""A table of pairs: what is read, and that each row that cannot be used is named by its line."""

import numpy as np
import pytest
from pairs_on_disk import noises_and_bars, write_image, write_sound, write_table

from crossmodal.data.catalog import load_pair
from crossmodal.data.manifest import read_table
from crossmodal.data.manifest_check import check_table
from crossmodal.errors import DataError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pairs")


@pytest.fixture(scope="module")
def rows(folder):
    return noises_and_bars(folder)


def load(path, **options):
    said: list[str] = []
    options = {"protocol": "groups", "say": said.append, **options}
    speech, images = load_pair("manifest", pairs=str(path), **options)
    return speech, images, "\n".join(said)


def refusal_of(path, **options) -> str:
    with pytest.raises(DataError) as refused:
        load(path, **options)
    return str(refused.value)


# What is read


def test_rows_are_pairs_and_nothing_else_is_known(folder, rows):
    path = write_table(folder / "plain.csv", rows)
    speech, images, said = load(path)
    assert speech.labels is None
    assert speech.classes == images.classes == ()
    assert len(speech.waveforms) == 40
    assert images.paired
    np.testing.assert_array_equal(np.sort(np.append(images.train_clips, images.test_clips)), np.arange(40))
    for part in ("train", "test"):
        pictures, clips = getattr(images, f"{part}_images"), getattr(images, f"{part}_clips")
        for picture, clip in zip(pictures, clips, strict=True):
            assert picture.max() == 150 + clip  # the image of the row
            assert len(speech.waveforms[clip]) == 1600 + 20 * clip  # and its sound
    trained, tested = (set(speech.speakers[clips]) for clips in (images.train_clips, images.test_clips))
    assert not trained & tested
    assert "40 rows used, of 40 sounds, 40 images, 10 groups, no labels" in said


def test_json_lines_say_the_same(folder, rows):
    timed = [{**row, "start": 0.05, "end": 0.15} for row in rows]
    one = load(write_table(folder / "timed.csv", timed))
    other = load(write_table(folder / "timed.jsonl", timed))
    assert one[0].sha256 == other[0].sha256
    np.testing.assert_array_equal(one[1].test_clips, other[1].test_clips)
    assert {len(waveform) for waveform in one[0].waveforms} == {800}


def test_a_stretch_is_cut_out_at_its_samples(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(3):
        write_sound(tmp_path, f"{i}.wav", rng.uniform(-0.5, 0.5, 8000))
    image = write_image(tmp_path, "a.png", np.arange(784, dtype=np.uint16).reshape(28, 28).astype(np.uint8))
    rows = [{"sound": f"{i}.wav", "image": image, "start": s} for i in range(3) for s in ("", "0.25")]
    rows += [{"sound": "0.wav", "image": image, "start": 0.1, "end": 0.3}]
    checked = check_table(read_table(write_table(tmp_path / "pairs.csv", rows)))
    assert not checked.bad
    assert checked.first.tolist() == [0, 2000] * 3 + [800]
    assert checked.last.tolist() == [8000] * 6 + [2400]
    np.testing.assert_allclose(checked.rows.seconds, [1, 0.75] * 3 + [0.2])


def test_labels_are_used_where_all_rows_and_parts_have_them(folder, rows):
    labelled = [{**row, "label": "even" if i % 2 == 0 else "odd"} for i, row in enumerate(rows)]
    speech, images, said = load(write_table(folder / "labels.csv", labelled))
    assert speech.classes == images.classes == ("even", "odd")
    np.testing.assert_array_equal(speech.labels, np.arange(40) % 2)
    np.testing.assert_array_equal(images.test_labels, speech.labels[images.test_clips])
    speech, _, said = load(write_table(folder / "some.csv", [*labelled[:-1], rows[-1]]))
    assert speech.labels is None
    assert "no labels: 1 rows have none" in said
    alone = [{**row, "label": "once" if i == 0 else "often"} for i, row in enumerate(rows)]
    assert "labels not used: no " in load(write_table(folder / "alone.csv", alone))[2]


def test_a_pattern_finds_the_group_in_the_sounds_name(folder, rows):
    bare = [{name: row[name] for name in ("sound", "image")} for row in rows]
    path = write_table(folder / "bare.csv", bare)
    assert set(load(path, group_of=r"^\d(\d)")[0].speakers) == {str(i) for i in range(4)}
    assert len(set(load(path)[0].speakers)) == 40  # each sound is a group
    assert "line 32: has no group: --group-of finds none in sounds/030.wav" in refusal_of(path, group_of="^0([012])")


# What is refused


def spoil(folder, rows, **changes):
    """A table in which rows are changed: line -> what is put in place."""
    changed = [dict(row) for row in rows]
    for line, change in changes.items():
        changed[int(line.removeprefix("line")) - 2].update(change)
    return write_table(folder / "spoiled.csv", changed)


def test_everything_that_is_wrong_is_told_at_once_by_its_line(folder, rows):
    (folder / "text.wav").write_text("no sound")
    (folder / "text.png").write_text("no image")
    write_sound(folder, "silent.wav", np.zeros(4000))
    path = spoil(
        folder,
        rows,
        line3={"sound": "sounds/none.wav"},
        line4={"sound": "text.wav"},
        line5={"image": "text.png"},
        line6={"start": "0.5"},
        line7={"end": "3"},
        line8={"start": "0.1", "end": "0.1"},
        line9={"start": "soon"},
        line10={"sound": rows[0]["sound"], "image": rows[0]["image"]},
        line11={"image": ""},
        line12={"sound": "silent.wav"},
        line13={"start": "0.1", "end": "0.11"},
    )
    said = refusal_of(path)
    assert said.startswith("11 of 40 rows of ")
    assert "mend or remove them, or pass --skip-bad 0.275 to go on without them." in said
    for words in (
        "line 3: the sound sounds/none.wav does not exist: check the path",
        "line 4: the sound text.wav is",
        "line 5: the image text.png is no PNG, JPEG",
        "line 6: starts at 0.5 s, but the sound sounds/004.wav lasts 0.210 s",
        "line 7: ends at 3 s, but the sound sounds/005.wav lasts 0.212 s",
        "line 8: ends at 0.1 s, not after its start at 0.1 s",
        "line 9: has the start soon, which is no number of seconds",
        "line 10: is the same pair as line 2",
        "line 11: names no image",
        "line 12: the sound silent.wav is",
        "and 1 more: crossmodal data check names all",
    ):
        assert words in said, words
    assert str(folder) not in said.partition("\n")[2]


def test_a_stated_share_of_rows_is_left_out_and_named(folder, rows):
    path = spoil(folder, rows, line3={"sound": "sounds/none.wav"}, line9={"end": "9"})
    speech, images, said = load(path, skip_bad=0.05)
    assert len(speech.waveforms) == 38
    assert "2 of 40 rows of" in said
    assert "line 3: the sound sounds/none.wav does not exist" in said
    assert "line 9: ends at 9 s" in said
    whole = load(write_table(folder / "plain.csv", rows))
    np.testing.assert_array_equal(  # the other rows stay in their parts
        np.delete(np.isin(np.arange(40), whole[1].test_clips), [1, 7]), np.isin(np.arange(38), images.test_clips)
    )
    assert "2 of 40 rows" in refusal_of(path, skip_bad=0.04)


@pytest.mark.parametrize(("column", "protocol"), [("sound", "groups"), ("image", "groups"), ("group", "random")])
def test_what_trains_and_tests_is_named_with_both_lines(column, protocol, folder, rows):
    _, images, _ = load(write_table(folder / "plain.csv", rows), protocol="groups")
    tested, trained = int(images.test_clips[0]), int(images.train_clips[0])
    changed = [dict(row) for row in rows]
    if column == "sound":  # a copy under another name is the same sound
        copy = folder / "copy.wav"
        copy.write_bytes((folder / rows[trained]["sound"]).read_bytes())
        changed[tested]["sound"] = copy.name
    elif column == "image":
        changed[tested]["image"] = rows[trained]["image"]
    path = write_table(folder / "leak.csv", changed)
    said = refusal_of(path, protocol=protocol)
    if column == "group":
        assert "its group trains in line" in said
        assert ": pass --protocol groups" in said
        return
    words = f"line {tested + 2}: tests, and its {column} trains in line {trained + 2}: give both lines one group"
    assert words in said
    speech, images, left_out = load(path, skip_bad=0.1)
    assert len(speech.waveforms) == 39
    assert words in left_out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n", "has no column sound and no column image (its columns: none)"),
        ("sound;image\na.wav;a.png\n", "has no column sound and no column image (its columns: sound;image)"),
        ("sound,image,sound\n", "has the column sound twice"),
        ("sound,image\n", "has no rows"),
        (b"sound,image\n\xff\xfe,a.png\n", "is no table of pairs"),
        ("sound,image\na.wav,b.png,c\n", "line 2: has 3 cells, not 2"),
        ('{"sound": "a.wav", "image": 3}\n{"sound": ', "line 2: is no JSON object"),
        ('{"sound": ["a.wav"], "image": "a.png"}\n', "line 1: has a sound that is neither a text nor a number"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_a_sentence(text, words, tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert words in refusal_of(path)


def test_without_a_table_it_says_what_to_pass(tmp_path):
    with pytest.raises(DataError, match="need their table: pass --pairs"):
        load_pair("manifest")
    assert "cannot be read (missing): check the path" in refusal_of(tmp_path / "none.csv")
