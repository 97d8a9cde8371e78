#!/usr/bin/env python3
"""Files over HTTP(S), for tests: Python's own server, which knows Last-Modified and If-Modified-Since.

Prints "listening on PORT" as its first line. Every request goes to --log as "METHOD /path STATUS USER", one a line, where
USER is who gave the right password, or "-".
"""

import argparse
import base64
import http.server
import os
import ssl
import sys
import threading


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):
        pass

    def setup(self):
        if self.server.tls is not None:
            self.request.settimeout(60)
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def send_response(self, code, message=None):
        options = self.server.options
        user = "-"
        if options.basic and self.headers.get("Authorization", "") == self.server.wanted:
            user = options.basic.split(":")[0]
        with self.server.lock, open(options.log, "a") as log:
            log.write(f"{self.command} {self.path} {int(code)} {user}\n")
        super().send_response(code, message)

    def do_GET(self):
        if self.server.options.basic and self.headers.get("Authorization", "") != self.server.wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="charts"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # clients that hang up are part of the game


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True)
    parser.add_argument("--log", required=True, help="append a line for every request")
    parser.add_argument("--certificate", help="PEM; with --key the server speaks TLS")
    parser.add_argument("--key")
    parser.add_argument("--basic", help="USER:PASSWORD that clients must give")
    options = parser.parse_args()

    os.chdir(options.root)
    server = Server(("127.0.0.1", 0), Handler)
    server.options = options
    server.lock = threading.Lock()
    server.wanted = "Basic " + base64.b64encode((options.basic or "").encode()).decode()
    server.tls = None
    if options.certificate:
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain(options.certificate, options.key)
    print(f"listening on {server.server_address[1]}", flush=True)
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
