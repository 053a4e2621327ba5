"""The process of the server that plays S3, SQS, SNS, the Glue Data Catalog and the rest: moto, on 127.0.0.1.

A process of its own, so that it and the code under rehearsal do not wait for each other. It prints its address and ends
when its standard input does, that is with whoever started it.
"""

import logging
import sys


def main() -> int:
    """Serves until standard input ends."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    server.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
