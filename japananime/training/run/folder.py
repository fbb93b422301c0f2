"""The run directory: everything of one training, explaining itself.

settings.json     what the run was told to do
state-*.npz       all weights, optimizers, and where it stood; the newest two
history.csv       every loss over time; losses.png draws it
samples/          what the generator makes of the same photos, epoch by epoch
style/            the generator so far, ready for `japananime.stylize --style`
best/             the best style so far, if one is to be selected
report.md         how it went, in words
"""

import errno
import json
import shutil
import tempfile
from pathlib import Path

from japananime.base import json_files, temporary
from japananime.base.errors import UserError
from japananime.base.files import make_folders, whole, write_bytes
from japananime.base.json_files import PLAIN, TEXT, Field, each, maybe
from japananime.styles import folder as style_folder
from japananime.training import derived_cache
from japananime.training.run import states

BEST = "best"
# Folders in which a training writes.
WRITTEN = ("samples", "style", BEST, derived_cache.FOLDER)
# What the settings of a run have at least, and hardly another file of that name.
SECTIONS = {
    "name": Field(TEXT),
    "folders": Field(each(maybe(TEXT))),
    "family": Field(each(PLAIN)),
    "training": Field(each(PLAIN)),
    "files": Field(TEXT, required=False),
    "vgg_weights": Field(maybe(TEXT), required=False),
    "mobilenet_weights": Field(maybe(TEXT), required=False),
}


class Run:
    """A run directory, there or to be made."""

    def __init__(self, folder):
        self.folder = Path(folder)
        # What `discard` takes back: this folder if `create` made it, and the one to try things in.
        self._made, self._scratch = False, None

    def __truediv__(self, name):
        return self.folder / name

    def create(self):
        """Make the folder and see that it can be written to; nothing in it is touched."""
        try:
            new = not self.folder.exists()
            make_folders([self.folder])
            self._made = new
        except UserError as error:
            raise UserError(f"--out is '{self.folder}': {error}") from error

    def clear(self):
        """Remove what a killed training left half-written here; only own names.

        In a folder that is no run yet others may be at work: there only what has lain for an hour, and right in it.
        """
        if not self._is_run():
            temporary.clear_abandoned([self.folder])
            return
        inside = [path for name in WRITTEN for path in (self / name, *(self / name).glob("*"))]
        for folder in (self.folder, *inside):
            if folder.is_dir() and folder.resolve().is_relative_to(self.folder.resolve()):
                temporary.clear(folder)

    def _is_run(self):
        try:
            self.read_settings()
        except (OSError, UserError):
            return False
        return True

    def scratch(self):
        """A run directory inside this one, to try things in."""
        run = Run(temporary.new_folder(self.folder))
        run._made, self._scratch = True, run.folder
        return run

    def discard(self):
        """Take back what was made since `create`, for a start that came to nothing: the folder itself if it is new."""
        if self._made:
            shutil.rmtree(self.folder)
        elif self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def write_settings(self, settings):
        """settings: {section: {name: value}}."""
        write_bytes(self / "settings.json", (json.dumps(settings, indent=2, ensure_ascii=False) + "\n").encode())

    def read_settings(self):
        """What `write_settings` wrote."""
        path = self / "settings.json"
        if not path.exists():
            raise UserError(f"--out is '{self.folder}': there is no run to resume (no settings.json)")
        return json_files.read(path, "a run's settings", SECTIONS)

    def best(self):
        """What the style in best/ says of its training ("selected_by", "score", "steps" ...), or None without one."""
        if not (self / BEST / style_folder.DESCRIPTION_FILE).is_file():
            return None
        return style_folder.describe(self / BEST).training

    def states(self):
        """Paths of the saved states, oldest first."""
        return states.listed(self.folder)

    def save_state(self, step, variables, meta, keep=2):
        """Write all variables and `meta` (JSON) as the state of a step; older states than the last `keep` go.

        The file gets its name only when it is whole and on the disk, so a crash at any moment, or a full disk, leaves
        the state before it untouched.
        """
        path = self / states.name(step)
        try:
            with whole(path) as unfinished, unfinished.open("wb") as file:
                states.write(file, step, variables, meta)
        except OSError as error:
            reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
            kept = self.states()
            raise UserError(
                f"{path}: the state of step {step} could not be written ({reason}); "
                + (f"{kept[-1].name} is kept: make room and continue with --resume" if kept else "nothing was kept")
            ) from error
        for old in self.states()[:-keep]:
            old.unlink()
        return path

    def trained(self):
        """Epochs that the newest sound state has behind it; 0 where that is not known."""
        for path in reversed(self.states()):
            try:
                return states.read(path)[1].get("epochs", 0.0)
            except states.Damaged:
                continue
        return 0.0

    def load_state(self, variables, warn=print):
        """Put the newest sound state that fits into the variables; returns its `meta` with "step".

        All of a state is checked before any of it is put anywhere. What is passed over is told by `warn`.
        """
        saved, unfit = self.states(), None
        if not saved:
            raise UserError(f"--out is '{self.folder}': there is no state to resume from (no state-*.npz)")
        for path in reversed(saved):
            try:
                arrays, meta = states.read(path)
                states.check(arrays, variables)
            except states.Damaged as error:
                warn(f"{path}: damaged, passed over ({error})")
            except states.Unfit as error:
                unfit = unfit or f"{path}: {error}; a run is resumed with the settings it was started with"
            else:
                states.assign(arrays, variables)
                return meta
        raise UserError(unfit or f"--out is '{self.folder}': none of its {len(saved)} states can be read")


class NullRun(Run):
    """What a run directory is to a worker that does not write: a folder for what nobody needs, and no states.

    Such a worker is given its variables by the one that does.
    """

    def __init__(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="japananime-", ignore_cleanup_errors=True)
        super().__init__(self._temporary.name)

    def states(self):
        """None."""
        return []

    def save_state(self, step, variables, meta, keep=2):
        """Nothing is kept."""

    def load_state(self, variables, warn=print):
        """Nothing is known."""
        return {}

    def scratch(self):
        """This folder will do."""
        return self

    def discard(self):
        """Nothing was made."""
