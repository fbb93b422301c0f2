"""The page's server: Gradio behind a guard, and what is said of where it is."""

import contextlib
import os
import socket
import threading
from functools import partial

from japananime.base.errors import UserError
from japananime.styles import folder as style_folder
from japananime.web import port
from japananime.web import service as page_service
from japananime.web.headers import Guard

SWEEP_SECONDS = 20.0


def serve(workshop, names, chosen, parsed, password=""):
    """Serve the page until Ctrl-C.

    workshop: web.service.Workshop. names: styles to choose from; chosen: the first. parsed: the command line of
    `demo`. password: what visitors must give, or "".
    """
    # Gradio reads this when it is imported.
    os.environ["GRADIO_TEMP_DIR"] = str(workshop.folder)
    from japananime.web import layout as page_layout

    threading.Thread(target=_sweep, args=(workshop,), daemon=True).start()
    makers = [style.path.name for style in style_folder.opened(lambda sentence: None, style_folder.CHARACTERS)]
    blocks = page_layout.build(workshop, names, chosen, makers)
    guard = partial(
        Guard,
        names={name.lower() for name in (parsed.host, socket.gethostname(), *parsed.served_as)},
        has_room=workshop.has_room,
        may_wait=lambda address: page_layout.waiting(blocks, address) < workshop.limits.waiting_each,
        password=password,
    )
    try:
        blocks.launch(
            server_name=parsed.host,
            server_port=parsed.port,
            inbrowser=parsed.open,
            share=False,
            ssr_mode=False,
            quiet=True,
            prevent_thread_lock=True,
            show_error=False,
            enable_monitoring=False,
            footer_links=[],
            run_history=False,
            max_file_size=int(1e6 * max(workshop.limits.picture_megabytes, workshop.limits.film_megabytes)),
            theme=page_layout.theme(),
            css=page_layout.CSS,
            app_kwargs={"lifespan": _behind(guard), "docs_url": None, "redoc_url": None},
        )
    except OSError as error:
        raise UserError(f"--port is {parsed.port}, which cannot be listened on on {parsed.host} ({error})") from error
    if not isinstance(blocks.server_app.middleware_stack, Guard):
        blocks.close()
        raise RuntimeError("the page is not served: nothing would stand before it")
    print(_where(parsed, bool(password)), flush=True)
    blocks.block_thread()


def _behind(guard):
    """What puts a server behind a guard before it takes any request; of Gradio's own layers none is left outside."""

    @contextlib.asynccontextmanager
    async def start(app):
        app.middleware_stack = guard(app.middleware_stack)
        yield

    return start


def _where(parsed, asks):
    """What is said of where the page is, and of who can use it."""
    if not (found := port.addresses(parsed.host)):
        own = "127.0.0.1" if parsed.host == "0.0.0.0" else parsed.host
        return f"the page is at {port.link(own, parsed.port)}; Ctrl-C ends it"
    links = " and ".join(port.link(address, parsed.port) for address in found)
    who = "everybody who reaches this computer and knows the password" if asks else (
        "everybody who reaches this computer (--password-file FILE asks for a password)"
    )  # fmt: skip
    return f"the page is at {links}, for {who}; Ctrl-C ends it"


def _sweep(workshop):
    while True:
        page_service.sweep(workshop.folder, workshop.limits)
        threading.Event().wait(SWEEP_SECONDS)
