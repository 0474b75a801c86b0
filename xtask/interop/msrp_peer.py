#!/usr/bin/env python3
"""A small MSRP peer (RFC 4975), so that the other side of our client is not our own code.

    msrp_peer.py listen PORT --store FOLDER [--report] [--hold SECONDS] [--close-after OCTETS] [--garbage]
    msrp_peer.py send PATH FILE --from PATH [--type TYPE] [--report] [--log FILE]

`listen` takes one connection, answers every SEND and writes each message to FOLDER/<session-id>-<n>; `send`
connects to PATH, sends FILE and waits for the answers. Both print what they see, one line an event.
"""

import argparse
import os
import re
import secrets
import socket
import sys
import time

CHUNK = 32768
START = re.compile(rb"MSRP ([A-Za-z0-9.+%=-]{4,32}) (?:([A-Z]+)|([0-9]{3})(?: [^\r\n]*)?)\r\n")


log = sys.stdout


def say(*words):
    print(*words, file=log, flush=True)


class Frame:
    """One request or response, RFC 4975 section 7.1."""

    def __init__(self, tid, method, status, headers, body, flag):
        self.tid, self.method, self.status = tid, method, status
        self.headers, self.body, self.flag = headers, body, flag

    def get(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Stream:
    """Cuts the octets of a connection into frames by their end-lines."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""

    def frame(self):
        while True:
            start = START.match(self.buffer)
            if start:
                end = re.compile(rb"-{7}" + re.escape(start[1]) + rb"([$+#])\r\n").search(self.buffer, start.end())
                if end and self.buffer[end.start() - 2 : end.start()] == b"\r\n":
                    return self.cut(start, end)
            elif len(self.buffer) > 200 or (self.buffer and not b"MSRP ".startswith(self.buffer[:5])):
                raise ValueError(f"no MSRP start-line: {self.buffer[:60]!r}")
            octets = self.connection.recv(65536)
            if not octets:
                if self.buffer:
                    raise ValueError(f"closed inside a frame: {self.buffer[:60]!r}")
                return None
            self.buffer += octets

    def cut(self, start, end):
        inside = self.buffer[start.end() : end.start()]
        self.buffer = self.buffer[end.end() :]
        # Header lines end with CRLF each; an empty line then starts the content, which ends before a CRLF.
        head, empty, content = inside.partition(b"\r\n\r\n")
        if not empty:
            head = inside[:-2] if inside.endswith(b"\r\n") else inside
        headers = []
        for line in head.split(b"\r\n"):
            name, colon, value = line.partition(b":")
            if not colon:
                raise ValueError(f"header line without colon: {line!r}")
            headers.append((name.decode(), value.strip().decode()))
        if [name for name, _ in headers[:2]] != ["To-Path", "From-Path"]:
            raise ValueError(f"To-Path and From-Path must come first: {headers!r}")
        method = start[2].decode() if start[2] else None
        status = int(start[3]) if start[3] else None
        body = content[:-2] if empty else None
        return Frame(start[1].decode(), method, status, headers, body, end[1].decode())


def write(connection, start, headers, body=None, flag="$", tid=""):
    text = start + "\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers)
    end = f"-------{tid}{flag}\r\n".encode()
    connection.sendall(text.encode() + (b"" if body is None else b"\r\n" + body + b"\r\n") + end)


def answer(connection, frame, status):
    paths = [("To-Path", frame.get("From-Path").split()[0]), ("From-Path", frame.get("To-Path"))]
    write(connection, f"MSRP {frame.tid} {status}", paths, tid=frame.tid)


def report(connection, frame, size):
    tid = secrets.token_hex(8)
    headers = [
        ("To-Path", frame.get("From-Path")),
        ("From-Path", frame.get("To-Path")),
        ("Message-ID", frame.get("Message-ID")),
        ("Byte-Range", f"1-{size}/{size}"),
        ("Status", "000 200 OK"),
    ]
    write(connection, f"MSRP {tid} REPORT", headers, tid=tid)


def listen(args):
    with socket.create_server(("127.0.0.1", args.port)) as server:
        server.settimeout(60)
        say("listening")
        while True:
            connection, address = server.accept()
            with connection:
                first = connection.recv(1, socket.MSG_PEEK)
                if first:
                    say("connected from", address[1])
                    return serve(connection, args)


def serve(connection, args):
    connection.settimeout(60)
    stream = Stream(connection)
    messages, taken, first = {}, 0, True
    while frame := stream.frame():
        if frame.status is not None:
            say("response", frame.status)
            continue
        if frame.method == "REPORT":
            say("report", frame.get("Status"))
            continue
        if first:
            first = False
            say("first", "bodiless" if frame.body is None else "with-content", frame.get("Byte-Range"))
            time.sleep(args.hold)
        if args.garbage:
            connection.sendall(b"GARBAGE " * 64 + b"\r\n")
            continue
        if frame.method != "SEND":
            answer(connection, frame, "501 Not Implemented")
            continue
        key = frame.get("Message-ID")
        if frame.body is not None:
            start, _, total = re.match(r"(\d+)-(\d+|\*)/(\d+|\*)", frame.get("Byte-Range")).groups()
            content = messages.setdefault(key, (len(messages), bytearray()))[1]
            if len(content) != int(start) - 1:
                raise ValueError(f"{key}: chunk starts at {start}, {len(content)} octets so far")
            content += frame.body
            taken += len(frame.body)
            if args.close_after is not None and taken >= args.close_after:
                say("closing after", taken)
                connection.shutdown(socket.SHUT_RDWR)
                return
        if (frame.get("Failure-Report") or "yes") != "no":
            answer(connection, frame, "200 OK")
        if frame.body is not None and frame.flag == "$":
            number, content = messages[key]
            if total != "*" and int(total) != len(content):
                raise ValueError(f"{key}: {len(content)} octets of {total}")
            session = frame.get("To-Path").rsplit("/", 1)[1].split(";")[0]
            name = f"{session}-{number}"
            with open(os.path.join(args.store, name), "wb") as file:
                file.write(content)
            wanted = frame.get("Success-Report") == "yes"
            say("message", name, len(content), frame.get("Content-Type"), "report" if wanted else "no-report")
            if wanted and args.report:
                report(connection, frame, len(content))
        elif frame.body is not None and frame.flag == "#":
            say("aborted", key)
            del messages[key]
    say("closed")


def send(args):
    host, port = re.match(r"msrps?://(\[[^\]]+\]|[^:/]+):(\d+)/", args.path).groups()
    with open(args.file, "rb") as file:
        content = file.read()
    with socket.create_connection((host.strip("[]"), int(port)), timeout=30) as connection:
        stream = Stream(connection)
        paths = [("To-Path", args.path), ("From-Path", args.from_path)]
        tid, key = secrets.token_hex(8), secrets.token_hex(8)
        empty = paths + [("Message-ID", secrets.token_hex(8)), ("Byte-Range", "1-0/0")]
        write(connection, f"MSRP {tid} SEND", empty, tid=tid)
        expect_ok(stream, tid)
        waiting = set()
        for start in range(0, max(len(content), 1), CHUNK):
            piece = content[start : start + CHUNK]
            tid = secrets.token_hex(8)
            headers = paths + [
                ("Message-ID", key),
                ("Byte-Range", f"{start + 1}-{start + len(piece)}/{len(content)}"),
                ("Success-Report", "yes" if args.report else "no"),
                ("Failure-Report", "yes"),
                ("Content-Type", args.type),
            ]
            flag = "$" if start + CHUNK >= len(content) else "+"
            write(connection, f"MSRP {tid} SEND", headers, piece, flag, tid)
            waiting.add(tid)
        reported = not args.report
        while waiting or not reported:
            frame = stream.frame()
            if frame is None:
                raise ValueError("closed before everything was answered")
            if frame.status is not None:
                if frame.status != 200:
                    raise ValueError(f"answered {frame.status}")
                waiting.discard(frame.tid)
            elif frame.method == "REPORT":
                say("report", frame.get("Status"), frame.get("Byte-Range"))
                reported = True
            else:
                answer(connection, frame, "200 OK")
        say("sent", len(content))


def expect_ok(stream, tid):
    frame = stream.frame()
    if frame is None or frame.tid != tid or frame.status != 200:
        raise ValueError(f"the first SEND was answered {frame and frame.status}")


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("listen")
    one.add_argument("port", type=int)
    one.add_argument("--store", required=True)
    one.add_argument("--report", action="store_true")
    one.add_argument("--hold", type=float, default=0, help="seconds before the first answer")
    one.add_argument("--close-after", type=int)
    one.add_argument("--garbage", action="store_true")
    two = commands.add_parser("send")
    two.add_argument("path")
    two.add_argument("file")
    two.add_argument("--from", dest="from_path", required=True)
    two.add_argument("--type", default="application/octet-stream")
    two.add_argument("--report", action="store_true")
    two.add_argument("--log", help="where to print, where there is no shell to redirect")
    args = parser.parse_args()
    if getattr(args, "log", None):
        global log
        log = open(args.log, "w", encoding="utf-8")
    try:
        listen(args) if args.command == "listen" else send(args)
    except (ValueError, OSError) as error:
        say("error:", error)
        sys.exit(1)


main()
