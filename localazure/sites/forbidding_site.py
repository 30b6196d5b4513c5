"""`forbidding_site.py PORT CERTIFICATE KEY`: App Service's front end before a site that does not let its caller in.

The registry behind it does not run here, which nobody can tell. Nothing but the standard library, as a site's process.
"""

import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FORBIDDEN_IP = "x-ms-forbidden-ip"
"""The header in which App Service names the address that it refuses."""
_PAGE = (
    b"<!DOCTYPE html><html><head><title>403 - Forbidden</title></head><body>403 - Ip Forbidden</body></html>"
)


class _Forbidding(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        self.close_connection = True
        if self.raw_requestline and self.parse_request():
            self._refuse()

    def _refuse(self) -> None:
        self.send_response(403, "Ip Forbidden")
        self.send_header(FORBIDDEN_IP, self.client_address[0])
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(_PAGE)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(_PAGE)


def serve(port: int, certificate: str, key: str) -> None:
    """Until somebody ends it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", port), _Forbidding)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2], sys.argv[3])
