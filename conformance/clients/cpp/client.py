"""Gets a token with Microsoft's client for C++, azure-identity, as the case in the only argument says, and prints one
JSON line that tells what came of it; never the token itself.

Arrow's file system for Azure has that client compiled in, and pyarrow carries it. It gives its tokens to storage accounts
alone, so one is played here (storage.py), which keeps the token that came with a request. Arrow runs in a process of its
own (listing.py): what the client throws ends it, and what it writes then is what its user reads.

See conformance/README.md.
"""

import base64
import json
import os
import re
import subprocess
import sys
import time
from importlib.metadata import version

from storage import RESOURCE, StorageAccount


class Unsupported(Exception):
    """The client has no option for what the case asks."""


# Of the client, in each version of pyarrow. Where it asked anybody, it has said so itself.
VERSIONS = {"22.0.0": "1.13.1", "26.0.1": "1.13.3"}

# By this variable its chain is made of one credential.
CHAIN = "AZURE_TOKEN_CREDENTIALS"

# Its exceptions tell where to look for what went wrong: in its log.
LOG = {"AZURE_LOG_LEVEL": "verbose"}

CREDENTIALS = {
    "managed-identity": {CHAIN: "ManagedIdentityCredential"},
    "workload-identity": {CHAIN: "WorkloadIdentityCredential"},
    "default": {},
}


def client_id_of(case):
    """With one, Arrow makes a ManagedIdentityCredential in place of the chain; there is no other selector."""
    if case["resource"] != RESOURCE:
        raise Unsupported()
    if not case["selector"]:
        return []
    if case["selector"]["by"] != "client_id" or case["credential"] != "managed-identity":
        raise Unsupported()
    return [case["selector"]["value"]]


def ask(case, account):
    try:
        listing = [sys.executable, "listing.py", account.authority, str(case["calls"]), *client_id_of(case)]
    except Unsupported:
        return {"outcome": "unsupported", "claims": None, "error": None}
    variables = os.environ | LOG | account.trust | CREDENTIALS[case["credential"]]
    done = subprocess.run(listing, env=variables, capture_output=True, text=True)
    told = version_in(done.stderr)
    if done.returncode != 0:
        return told | {"outcome": "error", "claims": None, "error": failures_in(done.stderr)}
    return told | {"outcome": "token", "claims": claims_of(account.token), "error": None}


def version_in(log):
    agent = re.search(r"azsdk-cpp-identity/([0-9.]+)", log)
    return {"version": agent[1]} if agent else {}


def failures_in(log):
    """What each credential was refused with, and what the process ended with."""
    entries = re.split(r"^\[[^]]*\] \w+ *: |^(?=terminate called)", log, flags=re.MULTILINE)
    failures = [entry.strip() for entry in entries if re.search(r"Failed to get token from|what\(\)", entry)]
    return "\n".join(failures) or log


def claims_of(token):
    """None if it is no JWT: a fault may have the client take anything for one."""
    if token is None or token.count(".") != 2:
        return None
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return {name: claims.get(name) for name in ("aud", "oid", "appid", "xms_mirid")}


def main():
    case = json.loads(sys.argv[1])
    line = {"client": case["client"], "version": VERSIONS[version("pyarrow")], "calls": case["calls"]}
    with StorageAccount() as account:
        began = time.monotonic()
        line.update(ask(case, account))
        line["seconds"] = time.monotonic() - began
    print(json.dumps(line))


main()
