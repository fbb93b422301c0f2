"""What tools share: names of results that no other input has."""

from pathlib import Path

from japananime.base import cli, jobs


def test_files_that_would_get_one_name_are_told_apart(tmp_path):
    for name in ("a.png", "A.png", "a.jpg", "b.png"):
        (tmp_path / name).touch()
    tasks, problems = jobs.plan([tmp_path], tmp_path / "out", "cut", lambda folder: sorted(folder.iterdir()))
    assert not problems
    names = {task.source.name: task.name for task in tasks}
    assert names == {"A.png": "A.png", "a.jpg": "a.jpg", "a.png": "a.png-2", "b.png": "b"}


def test_tools_are_named_as_they_were_typed(monkeypatch):
    monkeypatch.setattr(cli.sys, "argv", ["/usr/bin/japananime-build-dataset"])
    assert cli.typed("  python tools/build_dataset.py films") == "  japananime-build-dataset films"
    monkeypatch.setattr(cli.sys, "argv", [str(Path("tools", "build_dataset.py"))])
    assert cli.typed("  python tools/build_dataset.py films") == "  python tools/build_dataset.py films"
