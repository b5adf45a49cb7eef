#!/usr/bin/env python3
"""Receives spans over OTLP/HTTP and writes them to a file that tracelane opens.

    receive.py [-p 4318] spans.otlp

Programs send to http://localhost:4318/v1/traces (OTEL_EXPORTER_OTLP_ENDPOINT,
with OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf or http/json). Protobuf goes to
the file with the length before each message, JSON to FILE.jsonl, a line each.
Ctrl+C ends it.
"""
import argparse
import gzip
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


class Receiver(BaseHTTPRequestHandler):
    lock = Lock()
    file = ""

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def do_POST(self):
        body = self.body()
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        is_json = "json" in self.headers.get("Content-Type", "")
        if self.path == "/v1/traces" and body:
            with self.lock, open(self.file + ".jsonl" if is_json else self.file, "ab") as out:
                out.write(body.replace(b"\n", b" ") + b"\n" if is_json else varint(len(body)) + body)
        self.send_response(200)
        self.send_header("Content-Type", "application/json" if is_json else "application/x-protobuf")
        self.send_header("Content-Length", "2" if is_json else "0")
        self.end_headers()
        self.wfile.write(b"{}" if is_json else b"")

    def log_message(self, *_):
        pass


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("-p", "--port", type=int, default=4318)
parser.add_argument("file")
options = parser.parse_args()
Receiver.file = options.file
try:
    ThreadingHTTPServer(("127.0.0.1", options.port), Receiver).serve_forever()
except KeyboardInterrupt:
    pass
