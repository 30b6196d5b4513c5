"""Application Insights as an exporter sees it: takes what comes and keeps it."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override
from uuid import uuid4

Json = dict[str, Any]


class Ingestion:
    """What has arrived. `text` is all of it as it came, for whoever looks for secrets."""

    def __init__(self, port: int) -> None:
        # an exporter also sends what another one with the same key has left in the temporary folder
        key = uuid4()
        self.connection_string = f"InstrumentationKey={key};IngestionEndpoint=http://127.0.0.1:{port}/"
        self.items: list[Json] = []
        self.text = ""

    def of_type(self, kind: str) -> list[Json]:
        """The data of every item of a type, as `RemoteDependencyData`, with the ids of its trace."""
        return [
            {
                **item["data"]["baseData"],
                "trace": item["tags"].get("ai.operation.id"),
                "parent": item["tags"].get("ai.operation.parentId"),
            }
            for item in self.items
            if item["data"]["baseType"] == kind
        ]

    def take(self, body: bytes) -> int:
        """One request; says how many items it had."""
        text = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode()
        items = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
        self.text += text + "\n"
        self.items += items
        return len(items)


@contextmanager
def ingestion() -> Iterator[Ingestion]:
    """A server on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            number = found.take(self.rfile.read(int(self.headers["Content-Length"])))
            answer = json.dumps({"itemsReceived": number, "itemsAccepted": number, "errors": []}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Nothing: pytest shows what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Ingestion(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
