#!/usr/bin/env python3
"""A GIMP 3 plug-in that turns the image into anime on a new layer: see README.md two folders above.

It starts the command `japananime`, since GIMP's own Python rarely has the package.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("GimpUi", "3.0")
from gi.repository import Gimp, GimpUi, Gio, GLib, GObject

NAME = "japananime-stylize"
STYLES = ("cel", "cel-fast", "daylight", "forest", "pastel", "watercolor")


class Japananime(Gimp.PlugIn):
    """The plug-in."""

    def do_query_procedures(self):
        """What it offers."""
        return [NAME]

    def do_set_i18n(self, name):
        """It is not translated."""
        return False

    def do_create_procedure(self, name):
        """What GIMP shows of it, and what it asks for."""
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, self.run, None)
        procedure.set_image_types("*")
        procedure.set_menu_label("Anime (japananime)...")
        procedure.add_menu_path("<Image>/Filters/Artistic")
        procedure.set_documentation("The image as anime, on a layer of its own", "", name)
        procedure.set_attribution("The japananime maintainers", "Apache 2.0", "2026")
        flags = GObject.ParamFlags.READWRITE
        choice = Gimp.Choice.new()
        for number, style in enumerate(STYLES):
            choice.add(style, number, style, "")
        procedure.add_choice_argument("style", "_Style", "The look", choice, STYLES[0], flags)
        procedure.add_double_argument("strength", "S_trength", "0 is the photo, 1 the style", 0.0, 1.0, 1.0, flags)
        procedure.add_double_argument("boldness", "_Boldness", "How far it is simplified", 0.0, 1.0, 0.5, flags)
        return procedure

    def run(self, procedure, run_mode, image, drawables, config, data):
        """Ask, make the picture, and put it above all other layers."""
        if run_mode == Gimp.RunMode.INTERACTIVE:
            GimpUi.init(NAME)
            dialog = GimpUi.ProcedureDialog.new(procedure, config, "Anime")
            dialog.fill(None)
            wanted = dialog.run()
            dialog.destroy()
            if not wanted:
                return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, GLib.Error())
        chosen = {name: config.get_property(name) for name in ("style", "strength", "boldness")}
        with tempfile.TemporaryDirectory() as folder:
            photo, made = Path(folder, "photo.png"), Path(folder, "made.png")
            whole = image.duplicate()
            whole.flatten()
            Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, whole, Gio.File.new_for_path(str(photo)), None)
            whole.delete()
            if problem := make(photo, made, **chosen):
                return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, GLib.Error(problem))
            layer = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(str(made)))
        layer.set_name(f"anime: {chosen['style']}")
        image.undo_group_start()
        image.insert_layer(layer, None, 0)
        image.undo_group_end()
        Gimp.displays_flush()
        return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, GLib.Error())


def make(photo, made, style, strength, boldness):
    """Start `japananime` on a file; returns what went wrong in words, or ""."""
    flags = ["--out", str(made), "--style", style, "--strength", str(strength), "--boldness", str(boldness)]
    try:
        done = subprocess.run(["japananime", "stylize", str(photo), *flags], capture_output=True, text=True)
    except FileNotFoundError:
        return "the command japananime is not installed: pipx install japananime, then start GIMP again"
    return "" if made.exists() else (done.stderr or done.stdout).strip()


Gimp.main(Japananime.__gtype__, sys.argv)
