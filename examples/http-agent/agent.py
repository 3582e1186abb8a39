"""An agent behind HTTP in Python's standard library: POST {"input", "context"} gives {"output", "steps", "usage"}.

    python3 agent.py [PORT]        # /v1 answers from one table, /v2 looks a second time
"""

import json
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RATES = {"eur": 1.0, "usd": 1.08, "gbp": 0.85, "sek": 11.5, "nok": 11.7, "chf": 0.95, "jpy": 161.0, "dkk": 7.46}
NAMES = {"dollar": "usd", "pound": "gbp", "krona": "sek", "krone": "nok", "franc": "chf", "yen": "jpy", "euro": "eur"}


def look_up(word):
    """One tool call, told as a step: what was asked of the tool, and what it said."""
    rate = RATES.get(word)
    return rate, {"tool": {"name": "rate", "arguments": {"currency": word}, "result": rate}}


def answer(question, version):
    amount = next((float(word) for word in question.split() if word.replace(".", "").isdigit()), None)
    steps = []
    for word in question.lower().rstrip("?").split():
        code = NAMES.get(word.rstrip("s"), word) if version == "v2" else word
        if code == "eur" or code not in RATES:
            continue
        rate, step = look_up(code)
        steps.append(step)
        return {"output": round(amount / rate, 2), "steps": steps}
    return {"output": None, "steps": steps}


class Agent(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open: a call costs no handshake

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        # Idempotency-Key is the same in every attempt of one trial: an agent that has side effects acts once per key.
        body = answer(request["input"], self.path.strip("/"))
        body["usage"] = {"inputTokens": len(request["input"].split()), "outputTokens": 1, "costUsd": 0.0001}
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.send_header("x-agent-revision", "2026-11-23")  # which build answered; a change in mid-run is reported
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 4502), Agent)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
