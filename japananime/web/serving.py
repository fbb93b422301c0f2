"""The page's server: Gradio behind a guard, and what is said of where it is."""

import contextlib
import os
import socket
import threading
from dataclasses import dataclass
from functools import partial

from japananime.base.errors import UserError
from japananime.base.settings import Settings, setting
from japananime.styles import folder as style_folder
from japananime.web import port
from japananime.web import service as page_service
from japananime.web.guard import Guard

SWEEP_SECONDS = 20.0


@dataclass(frozen=True)
class PageAddress(Settings):
    """Where the page is. served_as: names under which visitors reach this computer."""

    host: str = setting("127.0.0.1", "address to listen on; 127.0.0.1 is for this computer only", metavar="HOST")
    port: int = setting(7860, "port to listen on", least=1, most=65535)
    open: bool = setting(False, "open the page in the browser", switch=True)
    served_as: tuple[str, ...] = ()


def serve(service, names, chosen, address, password=""):
    """Serve the page until Ctrl-C.

    service: web.service.PageService. names: styles to choose from; chosen: the first. address: PageAddress. password:
    what visitors must give, or "".
    """
    # Gradio reads this when it is imported.
    os.environ["GRADIO_TEMP_DIR"] = str(service.folder)
    from japananime.web import layout as page_layout

    threading.Thread(target=_sweep, args=(service,), daemon=True).start()
    makers = [style.path.name for style in style_folder.opened(lambda sentence: None, style_folder.CHARACTERS)]
    blocks = page_layout.build(service, names, chosen, makers)
    guard = partial(
        Guard,
        names={name.lower() for name in (address.host, socket.gethostname(), *address.served_as)},
        has_room=service.has_room,
        may_wait=lambda visitor: page_layout.waiting(blocks, visitor) < service.limits.waiting_each,
        password=password,
    )
    try:
        blocks.launch(
            server_name=address.host,
            server_port=address.port,
            inbrowser=address.open,
            share=False,
            ssr_mode=False,
            quiet=True,
            prevent_thread_lock=True,
            show_error=False,
            enable_monitoring=False,
            footer_links=[],
            run_history=False,
            max_file_size=int(1e6 * max(service.limits.picture_megabytes, service.limits.film_megabytes)),
            theme=page_layout.theme(),
            css=page_layout.CSS,
            app_kwargs={"lifespan": _behind(guard), "docs_url": None, "redoc_url": None},
        )
    except OSError as error:
        raise UserError(f"--port is {address.port}, which cannot be listened on on {address.host} ({error})") from error
    if not isinstance(blocks.server_app.middleware_stack, Guard):
        blocks.close()
        raise RuntimeError("the page is not served: nothing would stand before it")
    print(_where(address, bool(password)), flush=True)
    blocks.block_thread()


def _behind(guard):
    """What puts a server behind a guard before it takes any request; of Gradio's own layers none is left outside."""

    @contextlib.asynccontextmanager
    async def start(app):
        app.middleware_stack = guard(app.middleware_stack)
        yield

    return start


def _where(address, asks):
    """What is said of where the page is, and of who can use it."""
    if not (found := port.addresses(address.host)):
        own = "127.0.0.1" if address.host == "0.0.0.0" else address.host
        return f"the page is at {port.link(own, address.port)}; Ctrl-C ends it"
    links = " and ".join(port.link(one, address.port) for one in found)
    who = "everybody who reaches this computer and knows the password" if asks else (
        "everybody who reaches this computer (--password-file FILE asks for a password)"
    )  # fmt: skip
    return f"the page is at {links}, for {who}; Ctrl-C ends it"


def _sweep(service):
    while True:
        page_service.sweep(service.folder, service.limits)
        threading.Event().wait(SWEEP_SECONDS)
