#!/usr/bin/env python3
"""A small Git server over HTTP(S), for tests and for the demo: git http-backend behind Python's own server.

Prints "listening on PORT" as its first line. Every request goes to --log as "METHOD /path STATUS", one a line, after
it was answered. It can misbehave on purpose: see the options. Also serves GitHub's endpoint for installation tokens
(--app-token), so that an app can be tried without GitHub.
"""

import argparse
import base64
import http.server
import json
import os
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # clients that hang up are part of the game


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "holdfast-test"

    def log_message(self, format, *args):
        pass

    def setup(self):
        context = self.server.tls
        if context is not None:
            self.request.settimeout(60)
            self.request = context.wrap_socket(self.request, server_side=True)
        super().setup()

    def note(self, status):
        options = self.server.options
        if options.log:
            with self.server.lock, open(options.log, "a") as log:
                log.write(f"{self.command} {self.path} {status}\n")

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.note(status)

    def allowed(self):
        options = self.server.options
        given = self.headers.get("Authorization", "")
        wanted = []
        if options.basic:
            wanted.append("Basic " + base64.b64encode(options.basic.encode()).decode())
        if options.bearer:
            wanted.append("Bearer " + options.bearer)
        if options.app_token:
            with self.server.lock:
                token = self.server.app_token
            wanted.append("Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode())
        return not wanted or given in wanted

    def do_GET(self):
        self.serve()

    def do_POST(self):
        self.serve()

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                part = self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    return b"".join(parts)
                parts.append(part)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def serve(self):
        options = self.server.options
        body = self.body()
        if self.path.startswith("/app/installations/"):
            return self.give_app_token(body)
        if options.redirect_to and not self.path.startswith(options.redirect_to):
            rest = self.path.split("/info/refs")[0]
            return self.answer(301, headers=[("Location", self.path.replace(rest, options.redirect_to, 1))])
        if options.delay:
            time.sleep(options.delay)
        if options.status:
            return self.answer(options.status, b"no\n")
        if not self.allowed():
            return self.answer(401, b"no\n", [("WWW-Authenticate", 'Basic realm="git"')])
        path, _, query = self.path.partition("?")
        if options.dumb:
            return self.give_file(path)
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "GIT_PROJECT_ROOT": os.path.abspath(options.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_COUNT": "3",
            "GIT_CONFIG_KEY_0": "http.receivepack",
            "GIT_CONFIG_VALUE_0": "true" if options.allow_push else "false",
            "GIT_CONFIG_KEY_1": "safe.directory",
            "GIT_CONFIG_VALUE_1": "*",
            "GIT_CONFIG_KEY_2": "uploadpack.allowReachableSHA1InWant",
            "GIT_CONFIG_VALUE_2": "false",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REMOTE_ADDR": self.client_address[0],
            "REMOTE_USER": "someone" if options.allow_push else "",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": "" if options.no_protocol_v2 else self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        status = 200
        headers = []
        for line in head.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(": ")
            if name.lower() == "status":
                status = int(value.split()[0])
            elif name:
                headers.append((name, value))
        if options.no_shallow and self.command == "GET":
            content = content.replace(b" shallow", b" unshown").replace(b"=shallow", b"=unshown")
        if options.cut_after and self.command == "POST" and len(content) > options.cut_after:
            return self.cut(status, headers, content)
        self.answer(status, content, headers)

    def give_file(self, path):
        """What any web server does: the files of the repository, as git update-server-info prepares them."""
        file = os.path.normpath(os.path.join(os.path.abspath(self.server.options.root), path.lstrip("/")))
        try:
            with open(file, "rb") as content:
                return self.answer(200, content.read())
        except OSError:
            return self.answer(404, b"no\n")

    def cut(self, status, headers, content):
        """The head of the whole answer, the beginning of its body, and then nothing more."""
        options = self.server.options
        if options.cut_once:
            options.cut_after = 0
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: options.cut_after or len(content) // 2])
        self.wfile.flush()
        self.note("cut")
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def give_app_token(self, body):
        """POST /app/installations/ID/access_tokens: a new token each time; the newest is the one that is taken."""
        given = self.headers.get("Authorization", "")
        if not given.startswith("Bearer ") or given.count(".") != 2:
            return self.answer(401, b'{"message": "A JSON web token could not be decoded"}')
        with self.server.lock:
            self.server.tokens_given += 1
            number = self.server.tokens_given
            if number > self.server.options.stale_tokens:
                self.server.app_token = f"{self.server.options.app_token}-{number}"
        if self.server.options.jwt_log:
            with open(self.server.options.jwt_log, "a") as log:
                log.write(given.removeprefix("Bearer ") + "\n")
        token = f"{self.server.options.app_token}-{number}"
        answer = {"token": token, "expires_at": self.server.options.app_token_expires}
        self.answer(201, json.dumps(answer).encode(), [("Content-Type", "application/json")])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="the directory that holds the bare repositories")
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--certificate", help="PEM; with --key the server speaks TLS")
    parser.add_argument("--key")
    parser.add_argument("--client-ca", help="PEM: clients must show a certificate of this authority")
    parser.add_argument("--basic", help="USER:PASSWORD that clients must give")
    parser.add_argument("--bearer", help="a bearer token that clients may give instead")
    parser.add_argument("--allow-push", action="store_true", help="serve git push as well")
    parser.add_argument("--no-protocol-v2", action="store_true", help="speak protocol v0 only")
    parser.add_argument("--log", help="append a line for every request")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input does")
    parser.add_argument("--hang", action="store_true", help="accept connections and never answer")
    parser.add_argument("--cut-after", type=int, default=0, metavar="BYTES",
                        help="break the connection after so many bytes of a POST's answer that is longer")
    parser.add_argument("--cut-once", action="store_true", help="only the first time")
    parser.add_argument("--status", type=int, default=0, help="answer everything with this status")
    parser.add_argument("--delay", type=float, default=0, metavar="SECONDS", help="think so long before each answer")
    parser.add_argument("--redirect-to", metavar="/PATH", help="redirect all else to the repository at this path, or URL")
    parser.add_argument("--dumb", action="store_true", help="serve files only, as a web server without Git does")
    parser.add_argument("--no-shallow", action="store_true", help="know nothing of shallow fetches")
    parser.add_argument("--app-token", help="act as GitHub: give out tokens TEXT-1, TEXT-2, …, and take only the newest")
    parser.add_argument("--app-token-expires", default="2099-01-01T00:00:00Z")
    parser.add_argument("--stale-tokens", type=int, default=0, help="so many of the first tokens are not taken")
    parser.add_argument("--jwt-log", help="append every JSON web token that an app showed")
    options = parser.parse_args()

    if options.hang:
        listener = socket.create_server((options.bind, options.port), backlog=64)
        print(f"listening on {listener.getsockname()[1]}", flush=True)
        kept = []
        while True:
            kept.append(listener.accept())

    server = Server((options.bind, options.port), Handler)
    server.options = options
    server.lock = threading.Lock()
    server.tokens_given = 0
    server.app_token = "no token was asked for yet"
    server.tls = None
    if options.certificate:
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain(options.certificate, options.key)
        if options.client_ca:
            server.tls.verify_mode = ssl.CERT_REQUIRED
            server.tls.load_verify_locations(options.client_ca)
    print(f"listening on {server.server_address[1]}", flush=True)
    if options.exit_with_stdin:
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
