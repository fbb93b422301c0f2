import matplotlib
from matplotlib.axes import Axes
from PIL import Image

from japananime.training.run.history import History, Means, draw


def test_means_leave_out_what_is_not_finite():
    means = Means()
    for value in (1.0, float("nan"), 3.0, float("inf")):
        means.add({"a": value, "b": 2.0})
    assert means.means() == {"a": 2.0, "b": 2.0}
    again = Means(means.sums)
    again.add({"a": 5.0})
    assert again.means()["a"] == 3.0
    assert means.means()["a"] == 2.0


def test_table_grows_columns_and_forgets(tmp_path):
    path = tmp_path / "history.csv"
    history = History(path)
    history.append({"step": 50, "train/g/content": 0.123456789})
    history.append({"step": 100, "train/g/content": 2.0, "train/g/style": 1e-9})
    assert path.read_text() == "step,train/g/content,train/g/style\n50,0.123457,\n100,2,1e-09\n"
    again = History(path)
    assert again.series("train/g/style") == ([100], [1e-9])
    again.forget_after(99)
    again.append({"step": 75, "train/g/content": 4.0})
    assert History(path).series("train/g/content") == ([50, 75], [0.123457, 4])


def test_numbers_are_written_as_they_were_when_others_join_them(tmp_path):
    path = tmp_path / "history.csv"
    history = History(path)
    for value in (1234567.5, 1234567.0, 0.1234567, 1e-9, 3.0, -2.0):
        history.append({"step": 1234567, "a": value})
    before = path.read_text()
    assert before.splitlines()[1:3] == ["1234567,1.23457e+06", "1234567,1.23457e+06"]
    again = History(path)
    again.append({"step": 1234568, "b": 1.0})
    assert path.read_text().splitlines()[1:-1] == [line + "," for line in before.splitlines()[1:]]


def test_a_damaged_table_loses_its_damaged_rows_only(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("step,a\n1,2\nnonsense,3\n2,4,5,6\n3,4\n4")
    history = History(path)
    assert [row["step"] for row in history.rows] == [1, 3, 4]
    path.write_bytes(b"\xff\x00 no table at all")
    assert History(path).rows == []


def test_every_loss_is_drawn_as_it_is(tmp_path, monkeypatch):
    drawn = []

    def plot(axis, steps, values, **look):
        drawn.append((axis, steps, values, look["label"], look.get("ls"), look["color"]))
        return real(axis, steps, values, **look)

    real = Axes.plot
    monkeypatch.setattr(Axes, "plot", plot)
    history = History(tmp_path / "history.csv")
    history.append({"step": 1, "train/g/content": 4.0, "train/g/style": 0.0, "weighted/g/content": 8.0})
    history.append({"step": 2, "train/g/content": 2.0, "train/g/style": 3.0, "total/g": 7.0, "rate/g": 0.1})
    history.append({"step": 2, "validation/g/content": 5.0, "train/d/real": 1.0, "score/scores/fid": 9.0})
    draw(history, tmp_path / "losses.png")
    assert [curve[1:] for curve in drawn] == [
        ([1, 2], [4.0, 2.0], "content", None, "C0"),
        ([1, 2], [0.0, 3.0], "style", None, "C1"),
        ([2], [5.0], "content, held out", ":", "C0"),
        ([2], [1.0], "real", None, "C0"),
        ([2], [9.0], "fid", None, "C0"),
    ]
    panels = [curve[0] for curve in drawn]
    assert panels[0] is panels[1] is panels[2]
    assert [axis.get_title() for axis in panels[2:]] == ["g", "d", "scores"]
    assert [axis.get_yscale() for axis in panels[2:]] == ["symlog", "log", "log"]  # a logarithm has no place for 0


def test_drawing_leaves_the_process_its_backend(tmp_path):
    before = matplotlib.get_backend()
    matplotlib.use("svg")
    try:
        history = History(tmp_path / "history.csv")
        history.append({"step": 1, "train/g/content": 1.0})
        draw(history, tmp_path / "losses.png")
        assert matplotlib.get_backend() == "svg"
    finally:
        matplotlib.use(before)


def test_drawing_has_a_panel_per_phase(tmp_path):
    history = History(tmp_path / "history.csv")
    history.append({"step": 1, "train/g/content": 1.0, "rate/g": 0.1})
    draw(history, tmp_path / "one.png")
    history.append({"step": 2, "train/g/content": 0.5, "train/d/real": 1.0, "validation/g/content": 0.7})
    draw(history, tmp_path / "two.png")
    with Image.open(tmp_path / "one.png") as one, Image.open(tmp_path / "two.png") as two:
        assert one.width == two.width
        assert 1.9 < two.height / one.height < 2.1
