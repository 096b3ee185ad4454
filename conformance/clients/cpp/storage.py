"""A storage account that has nothing: a server on loopback that keeps the token of the last request."""

import os
import ssl
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RESOURCE = "https://storage.azure.com"

# The client gives its tokens to no server without TLS.
CERTIFICATE = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
SUBJECT = ["-subj", "/CN=storage", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"]


class StorageAccount:
    def __enter__(self):
        self.token = None
        self._folder = tempfile.TemporaryDirectory()
        certificate, key = self._make_certificate()
        self.trust = {"SSL_CERT_FILE": self._bundle(certificate)}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.authority = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._folder.cleanup()

    def _make_certificate(self):
        certificate, key = (os.path.join(self._folder.name, name) for name in ("certificate.pem", "key.pem"))
        command = [*CERTIFICATE, *SUBJECT, "-out", certificate, "-keyout", key]
        subprocess.run(command, check=True, capture_output=True)
        return certificate, key

    def _bundle(self, certificate):
        """Beside what the client was told to trust."""
        bundle = os.path.join(self._folder.name, "trusted.pem")
        sources = [certificate, os.environ.get("SSL_CERT_FILE")]
        with open(bundle, "w") as file:
            for source in filter(None, sources):
                with open(source) as trusted:
                    file.write(trusted.read() + "\n")
        return bundle


def handler_of(account):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            scheme, _, token = self.headers.get("Authorization", "").partition(" ")
            if scheme == "Bearer":
                account.token = token
            self.send_response(404)
            self.send_header("x-ms-error-code", "ContainerNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD = answer

        def log_message(self, *_):
            pass

    return Handler
