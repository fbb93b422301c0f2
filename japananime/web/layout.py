"""The page's layout, in Gradio: what is where, and which button calls what. The work itself is in `web.service`."""

import html
import threading

from japananime.base import private_imports
from japananime.base.errors import UserError
from japananime.image.bundled import bundled_photos
from japananime.inference.two_passes import BOLDNESS
from japananime.web.engines import Look
from japananime.web.streaming_work import streamed

gr = private_imports.gradio()

ABOUT = """# japananime
Photos and short films into anime. They go no further than the computer that runs this page, which removes them after
{minutes:g} minutes."""
CSS = """
.gradio-container {max-width: 1100px !important; margin: 0 auto !important}
.said p {margin: 0; padding: 2px 4px; min-height: 1.5em}
.said .wrong {color: var(--error-text-color, #b91c1c); font-weight: 600}
.looks .grid-container {grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)) !important}
.looks .grid-wrap {height: auto !important; min-height: 0 !important; max-height: none !important; overflow: visible}
.looks .grid-wrap {padding-top: 30px}
.looks {min-height: 0 !important}
.looks .empty {min-height: 190px !important}
@media (max-width: 480px) {
    .stage {height: 340px !important}
    .looks .grid-container {grid-template-columns: repeat(auto-fill, minmax(100px, 1fr)) !important}
    .gradio-container {padding-inline: 8px !important}
    .tab-container button {padding-inline: 9px !important}
}
.looks .thumbnail-item.selected {outline: 3px solid var(--color-accent); outline-offset: -3px}
"""
# Fonts that a machine has already; none is fetched.
FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Ubuntu", "Noto Sans", "sans-serif")
MONOSPACE = ("ui-monospace", "Menlo", "Consolas", "monospace")
PROGRESS = gr.Progress()
STAGE = {"height": 420, "elem_classes": "stage"}


def theme():
    """Colours and fonts, light and dark."""
    return gr.themes.Base(primary_hue="rose", neutral_hue="slate", font=FONTS, font_mono=MONOSPACE)


def build(service, names, chosen, makers=()):
    """The page: a gradio.Blocks. service: web.service.PageService. names: styles to choose from; chosen: the first.

    makers: styles that make characters from scratch.
    """
    limits = service.limits
    samples = bundled_photos()
    for sample in samples:
        gr.set_static_paths(sample.parent)
    with gr.Blocks(title="japananime", analytics_enabled=False) as page:
        gr.Markdown(ABOUT.format(minutes=limits.keep_minutes))
        # Each tab gives back a function that takes what says how pictures are to look, which comes below them all.
        with gr.Tab("Picture") as first:
            photo, connect_picture = _picture(service, samples)
        with gr.Tab("Several") as second:
            connect_pictures = _pictures(service)
        with gr.Tab("Film") as third:
            connect_film = _film(service, page)
        if makers:
            with gr.Tab("Characters") as last:
                _characters(service, makers)
        with gr.Column() as below:
            look, glances = _look(names, chosen)
        for connect in (connect_picture, connect_pictures, connect_film):
            connect(look)
        _glances(service, names, photo, glances, samples, page)
        for tab in (first, second, third):
            tab.select(lambda: gr.Column(visible=True), None, below, queue=False, api_name=False)
        if makers:
            last.select(lambda: gr.Column(visible="hidden"), None, below, queue=False, api_name=False)
    # One task of each kind at a time; what is beyond the line is told so at once.
    return page.queue(max_size=limits.waiting, default_concurrency_limit=1, api_open=False)


def waiting(page, address):
    """How many tasks from an address wait in line. Gradio has no public word for its line; a test holds this to it."""
    lines = page._queue.event_queue_per_concurrency_id.values()
    return sum(event.request.client.host == address for line in lines for event in line.queue)


def _look(names, chosen):
    """What says how pictures are to look: ([inputs that `_asked` takes], the gallery of styles)."""
    glances = gr.Gallery(
        label="Style",
        columns=len(names),
        height="auto",
        allow_preview=False,
        object_fit="cover",
        buttons=[],
        interactive=False,
        selected_index=names.index(chosen),
        elem_classes="looks",
    )
    with gr.Row():
        # So wide that a telephone has them below each other.
        wide = {"min_width": 240}
        strength = gr.Slider(0, 1, 1, step=0.05, label="Strength", info="0 is the photo, 1 the style", **wide)
        words = {"label": "Boldness", "info": "how far large pictures are simplified"}
        boldness = gr.Slider(0, 1, BOLDNESS, step=0.05, **words, **wide)
        faces = gr.Checkbox(False, label="Anime faces", info="for the people in it, found by their faces", **wide)
    with gr.Accordion("More", open=False):
        # What the pictures set; for whoever would rather choose by name.
        style = gr.Dropdown(names, value=chosen, label="Style by name", interactive=len(names) > 1)
        colors = gr.Checkbox(False, label="Keep the photo's colours")
        with gr.Row():
            second = gr.Dropdown([("none", ""), *names], value="", label="Mixed with")
            share = gr.Slider(0, 1, 0.5, step=0.1, label="Share of it")

    def choose(event: gr.SelectData):  # type: ignore[name-defined]  # Gradio is imported by a function
        return names[event.index] if 0 <= event.index < len(names) else chosen

    glances.select(choose, None, style, queue=False, api_name="choose")
    style.change(
        lambda name: gr.Gallery(selected_index=names.index(name)), style, glances, queue=False, api_name="mark"
    )
    return [style, strength, boldness, colors, second, share, faces], glances


def _picture(service, samples):
    """Where a photo is given, and where what becomes of it takes its place: (photo, connect)."""
    # What is hidden is the column: an update would put a plain gr.Image in the photo's place, as gr.Examples does.
    with gr.Column() as given:
        sources = ["upload", "webcam", "clipboard"]
        photo = gr.Image(label="Photo: drop, paste or take one", sources=sources, buttons=[], **STAGE)
    # The file as it came, unopened: what it is, is for `web.limits` to find out. (A subclass would make Gradio write
    # a stub beside this file.)
    photo.preprocess = lambda payload: payload and payload.path
    slider = gr.ImageSlider(
        label="Before and after", buttons=["fullscreen"], interactive=False, visible="hidden", **STAGE
    )
    said = _said()
    with gr.Row():
        download = gr.DownloadButton("Download in full size", interactive=False, variant="primary")
        again = gr.Button("Another photo", interactive=False)
    shelf = gr.Dataset(
        components=[gr.Image(render=False)],
        samples=[[str(sample)] for sample in samples],
        type="index",
        label="Or try one of these",
        visible=bool(samples),
    )
    shelf.click(lambda number: str(samples[number]), shelf, photo, queue=False, api_name="sample")
    again.click(lambda: None, None, photo, queue=False, api_name="again")

    def shown(made, words):
        """The stage with a picture on it, or with room for a photo."""
        return (
            gr.Column(visible="hidden" if made else True),
            gr.ImageSlider(made and (str(made.before), str(made.after)), visible=True if made else "hidden"),
            words,
            _downloadable(made.full) if made else _nothing(),
            gr.Button(interactive=bool(made)),
            gr.Dataset(visible=bool(samples and not made)),
        )

    def make(source, *asked):
        if source is None:
            return shown(None, _words())
        try:
            made = service.picture(source, _asked(*asked))
        except UserError as error:
            return shown(None, _words(error))
        return shown(made, _words(f"{made.width} × {made.height} pixels"))

    def connect(look):
        gr.on(
            [photo.change, *(one.change for one in look)],
            make,
            [photo, *look],
            [given, slider, said, download, again, shelf],
            concurrency_id="pictures",
            api_name="picture",
            trigger_mode="always_last",
            show_progress_on=slider,
        )

    return photo, connect


def _glances(service, names, photo, gallery, samples, page):
    """Small pictures of the photo in every style, to choose by; of a sample where there is no photo yet."""

    def make(source):
        source = source or (samples[0] if samples else None)
        try:
            return [(str(path), name) for path, name in service.glances(source, names)] if source else gr.skip()
        except UserError:  # the picture itself is told what is wrong with it
            return gr.skip()

    gr.on(
        [page.load, photo.change],
        make,
        photo,
        gallery,
        concurrency_id="pictures",
        api_name="glances",
        trigger_mode="always_last",
        show_progress="hidden",
    )


def _pictures(service):
    limits = service.limits
    photos = gr.File(label=f"Photos: drop up to {limits.pictures}", file_count="multiple", height=180)
    start = gr.Button("Make them", variant="primary")
    said = _said()
    gallery = gr.Gallery(label="Made", columns=3, height="auto", buttons=["fullscreen"], interactive=False)
    download = gr.DownloadButton("Download in full size", interactive=False)

    def make(sources, *asked, progress=PROGRESS):
        if not sources:
            return [], _words("Choose photos first.", wrong=True), _nothing()

        def tell(done, total):
            progress((done, total), unit="pictures")

        try:
            made, problems = service.pictures(sources, _asked(*asked), tell)
        except UserError as error:
            return [], _words(error), _nothing()
        words = _words(f"{len(made)} of {len(sources)} pictures made.", *problems, wrong=bool(problems))
        gallery = [(str(one.after), one.full.name) for one in made]
        return gallery, words, _downloadable(service.packed(made)) if made else _nothing()

    return lambda look: start.click(
        make,
        [photos, *look],
        [gallery, said, download],
        concurrency_id="pictures",
        api_name="pictures",
        show_progress_on=gallery,
    )


def _film(service, page):
    label = f"Film: at most {service.limits.film_seconds:g} seconds"
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

    def make(request: gr.Request, source, *asked, progress=PROGRESS):  # type: ignore[name-defined]
        if source is None:
            yield None, _words("Choose a film first.", wrong=True), _nothing()
            return
        enough = at_work[request.session_hash] = threading.Event()

        def work(say):
            beginning: list = []

            def tell(done, total):
                if enough.is_set():
                    raise UserError("stopped")
                if beginning:  # a bar would cover it
                    say((gr.skip(), _words(f"The beginning; {done} of {total or '?'} frames are made."), gr.skip()))
                else:
                    progress((done, total), unit="frames")

            def begun(path):
                beginning.append(path)
                say((str(path), _words("The beginning; the rest is being made."), _nothing()))

            return service.film(source, _asked(*asked), tell, begun)

        try:
            path, words = yield from streamed(work, enough.set)
        except UserError as error:
            yield None, _words(error), _nothing()
            return
        finally:
            at_work.pop(request.session_hash, None)
        yield str(path), _words(words), _downloadable(path)

    def end(request: gr.Request):  # type: ignore[name-defined]
        if enough := at_work.get(request.session_hash):
            enough.set()

    # Not in the line behind the film that it is to stop; a visitor who leaves stops it as well.
    stop.click(end, queue=False, api_name="stop")
    page.unload(end)
    return lambda look: start.click(
        make, [film, *look], [made, said, download], concurrency_id="films", api_name="film", show_progress_on=made
    )


def _characters(service, makers):
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
            path = service.characters(maker, seed, variety)
        except UserError as error:
            return None, _words(error), _nothing()
        return str(path), _words(), _downloadable(path)

    start.click(make, [maker, seed, variety], [made, said, download], concurrency_id="pictures", api_name="characters")


def _asked(style, strength, boldness, colors, second, share, faces):
    """The Look of the values of `_look`'s inputs."""
    return Look(style, strength, boldness, colors, second or None, share, faces)


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
