import contextlib, http.client, json, os, socket

def ask(method, path, body=None):
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    with contextlib.closing(connection):
        connection.sock.connect(os.environ["LANDFAST_FAULT_SOCKET"])
        connection.request(method, path, json.dumps(body))
        answer = json.load(connection.getresponse())
    if "message" in answer:
        raise ValueError(answer["message"])
    return answer

@contextlib.contextmanager
def fault(text):
    ask("DELETE", "/requests")
    ask("POST", "/faults", {"fault": text})
    try:
        yield lambda: ask("GET", "/requests")["requests"]
    finally:
        ask("DELETE", "/faults")
