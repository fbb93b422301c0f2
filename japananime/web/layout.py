"""The page's layout, in Gradio: what is where, and which button calls what. The work itself is in `web.service`."""

import html
import threading

from japananime.base import private_imports
from japananime.base.errors import UserError
from japananime.image.bundled import bundled_photos

gr = private_imports.gradio()

ABOUT = """# japananime
Photos and short films into anime. They go no further than the computer that runs this page, which removes them after
{minutes:g} minutes."""
CSS = """
.gradio-container {max-width: 1100px !important; margin: 0 auto !important}
.said p {margin: 0; padding: 2px 4px; min-height: 1.5em}
.said .wrong {color: var(--error-text-color, #b91c1c); font-weight: 600}
"""
# Fonts that a machine has already; none is fetched.
FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Ubuntu", "Noto Sans", "sans-serif")
MONOSPACE = ("ui-monospace", "Menlo", "Consolas", "monospace")
PROGRESS = gr.Progress()


def theme():
    """Colours and fonts, light and dark."""
    return gr.themes.Base(primary_hue="rose", neutral_hue="slate", font=FONTS, font_mono=MONOSPACE)


def build(workshop, names, chosen, makers=()):
    """The page: a gradio.Blocks. workshop: web.service.Workshop. names: styles to choose from; chosen: the first.

    makers: styles that make characters out of nothing.
    """
    limits = workshop.limits
    samples = bundled_photos()
    for sample in samples:
        gr.set_static_paths(sample.parent)
    with gr.Blocks(title="japananime", analytics_enabled=False) as page:
        gr.Markdown(ABOUT.format(minutes=limits.keep_minutes))
        with gr.Row():
            style = gr.Dropdown(names, value=chosen, label="Style", interactive=len(names) > 1)
            strength = gr.Slider(0, 1, 1, step=0.05, label="Strength", info="0 is the photo, 1 the style")
            colors = gr.Checkbox(False, label="Keep the photo's colours")
        look = [style, strength, colors]
        with gr.Tab("Picture"):
            _picture(workshop, look, samples)
        with gr.Tab("Several pictures"):
            _pictures(workshop, look)
        with gr.Tab("Film"):
            _film(workshop, look, page)
        if makers:
            with gr.Tab("Characters"):
                _characters(workshop, makers)
    # One task of each kind at a time; what is beyond the line is told so at once.
    return page.queue(max_size=limits.waiting, default_concurrency_limit=1, api_open=False)


def _picture(workshop, look, samples):
    with gr.Row():
        with gr.Column():
            photo = gr.Image(
                label="Photo: drop, paste or take one",
                sources=["upload", "webcam", "clipboard"],
                height=420,
                buttons=[],
            )
            # The file as it came, unopened: what it is, is for `web.service` to find out. (A subclass would make
            # Gradio write a stub beside this file; and gr.Examples would put a plain gr.Image in this one's place.)
            photo.preprocess = lambda payload: payload and payload.path
            if samples:
                shelf = gr.Dataset(
                    components=[gr.Image(render=False)],
                    samples=[[str(sample)] for sample in samples],
                    type="index",
                    label="Or try one of these",
                )
                shelf.click(lambda number: str(samples[number]), shelf, photo, api_name="sample")
        with gr.Column():
            slider = gr.ImageSlider(label="Before and after", height=420, buttons=["fullscreen"], interactive=False)
            said = _said()
            download = gr.DownloadButton("Download in full size", interactive=False, variant="primary")

    def make(source, style, strength, colors):
        if source is None:
            return None, _words(), _nothing()
        try:
            made = workshop.picture(source, style, strength, colors)
        except UserError as error:
            return None, _words(error), _nothing()
        return (
            (str(made.before), str(made.after)),
            _words(f"{made.width} × {made.height} pixels"),
            _downloadable(made.full),
        )

    chosen, moved, ticked = look
    gr.on(
        [photo.change, chosen.change, moved.change, ticked.change],
        make,
        [photo, *look],
        [slider, said, download],
        concurrency_id="pictures",
        api_name="picture",
        trigger_mode="always_last",
        show_progress_on=slider,
    )


def _pictures(workshop, look):
    limits = workshop.limits
    photos = gr.File(
        label=f"Photos: drop up to {limits.pictures}", file_count="multiple", file_types=["image"], height=180
    )
    start = gr.Button("Make them", variant="primary")
    said = _said()
    gallery = gr.Gallery(label="Made", columns=3, height="auto", buttons=["fullscreen"], interactive=False)
    files = gr.File(label="Download in full size", file_count="multiple", interactive=False)

    def make(sources, style, strength, colors, progress=PROGRESS):
        if not sources:
            return [], _words("Choose photos first.", wrong=True), []

        def tell(done, total):
            progress((done, total), unit="pictures")

        try:
            made, problems = workshop.pictures(sources, style, strength, colors, tell)
        except UserError as error:
            return [], _words(error), []
        words = [f"{len(made)} of {len(sources)} pictures made.", *problems]
        return [str(one.after) for one in made], _words(*words, wrong=bool(problems)), [str(one.full) for one in made]

    start.click(
        make,
        [photos, *look],
        [gallery, said, files],
        concurrency_id="pictures",
        api_name="pictures",
        show_progress_on=gallery,
    )


def _film(workshop, look, page):
    label = f"Film: at most {workshop.limits.film_seconds:g} seconds"
    with gr.Row():
        with gr.Column():
            film = gr.Video(label=label, sources=["upload", "webcam"], height=360, buttons=[])
            with gr.Row():
                start = gr.Button("Make it", variant="primary")
                stop = gr.Button("Stop")
        with gr.Column():
            made = gr.Video(label="Made", interactive=False, height=360, buttons=[])
            said = _said()
            download = gr.DownloadButton("Download", interactive=False)
    at_work = {}

    def make(request: gr.Request, source, style, strength, colors, progress=PROGRESS):
        if source is None:
            return None, _words("Choose a film first.", wrong=True), _nothing()
        enough = at_work[request.session_hash] = threading.Event()

        def tell(done, total):
            if enough.is_set():
                raise UserError("stopped")
            progress((done, total), unit="frames")

        try:
            path, words = workshop.film(source, style, strength, colors, tell)
        except UserError as error:
            return None, _words(error), _nothing()
        finally:
            at_work.pop(request.session_hash, None)
        return str(path), _words(words), _downloadable(path)

    def end(request: gr.Request):
        if enough := at_work.get(request.session_hash):
            enough.set()

    start.click(
        make, [film, *look], [made, said, download], concurrency_id="films", api_name="film", show_progress_on=made
    )
    # Not in the line behind the film that it is to stop; a visitor who leaves stops it as well.
    stop.click(end, queue=False, api_name="stop")
    page.unload(end)


def _characters(workshop, makers):
    with gr.Row():
        maker = gr.Dropdown(list(makers), value=makers[0], label="Style", interactive=len(makers) > 1)
        seed = gr.Number(1, label="Number", info="the same number always makes the same ones", precision=0, minimum=0)
        variety = gr.Slider(
            0.1, 1, 1, step=0.05, label="Variety", info="less: closer to what all have in common, softer"
        )
    start = gr.Button("Make characters", variant="primary")
    said = _said()
    made = gr.Image(label="Characters out of nothing", interactive=False, height=520, buttons=["fullscreen"])
    download = gr.DownloadButton("Download", interactive=False)

    def make(maker, seed, variety):
        try:
            path = workshop.characters(maker, seed, variety)
        except UserError as error:
            return None, _words(error), _nothing()
        return str(path), _words(), _downloadable(path)

    start.click(make, [maker, seed, variety], [made, said, download], concurrency_id="pictures", api_name="characters")


def _nothing():
    return gr.DownloadButton(value=None, interactive=False)


def _downloadable(path):
    return gr.DownloadButton(value=path, interactive=True)


def _said():
    return gr.HTML(_words(), elem_classes="said", padding=False)


def _words(*sentences, wrong=False):
    """Sentences as they may stand in a page; an error among them is marked as such."""
    wrong = wrong or any(isinstance(sentence, UserError) for sentence in sentences)
    lines = "<br>".join(html.escape(str(sentence)) for sentence in sentences)
    return f'<p role="status" class="{"wrong" if wrong else "fine"}">{lines}</p>'
