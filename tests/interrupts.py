"""Programs that tests start obey SIGINT, however the tests themselves were started."""

import signal
import threading


def obey() -> None:
    """Let SIGINT end this process and those that it starts, also where a shell has it ignored."""
    # WHY: a shell starts the jobs of its background with SIGINT ignored, and every program that
    # they start inherits that, so a demo would not hear Ctrl-C.
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
