"""Gets a token with one of Microsoft's clients for Python, as the case in the only argument says, and prints one JSON
line that tells what came of it; never the token itself.

See conformance/README.md.
"""

import base64
import json
import sys
import time
from importlib.metadata import version


class Unsupported(Exception):
    """The client has no option for what the case asks."""


# A control plane of one's own is no instance that Microsoft's discovery knows.
OWN_AUTHORITY = {"disable_instance_discovery": True}


def azure_identity(case):
    credential = azure_credential(case["credential"], case["selector"])

    def get_token():
        token = credential.get_token(case["resource"] + "/.default")
        return token.token, token.expires_on

    return get_token


def azure_credential(name, selector):
    from azure.identity import DefaultAzureCredential, ManagedIdentityCredential, WorkloadIdentityCredential

    if name == "workload-identity":
        return WorkloadIdentityCredential(**OWN_AUTHORITY)
    if name == "default":
        return DefaultAzureCredential(**OWN_AUTHORITY, **default_options(selector))
    return ManagedIdentityCredential(**managed_options(selector))


def managed_options(selector):
    if not selector:
        return {}
    if selector["by"] == "client_id":
        return {"client_id": selector["value"]}
    name = selector["by"]
    if name == "resource_id" and version("azure-identity") in SENDS_NAMES_AS_THEY_ARE:
        name = "mi_res_id"
    return {"identity_config": {name: selector["value"]}}


def default_options(selector):
    if not selector:
        return {}
    if selector["by"] != "client_id":
        raise Unsupported()
    return {"managed_identity_client_id": selector["value"]}


def msal(case):
    import msal as library
    import requests

    if case["credential"] != "managed-identity":
        raise Unsupported()
    selector = case["selector"]
    identity = (
        library.UserAssignedManagedIdentity(**{selector["by"]: selector["value"]})
        if selector
        else library.SystemAssignedManagedIdentity()
    )
    client = library.ManagedIdentityClient(identity, http_client=requests.Session())

    def get_token():
        result = client.acquire_token_for_client(resource=case["resource"])
        if "access_token" not in result:
            raise RuntimeError(json.dumps(result))
        return result["access_token"], int(time.time()) + int(result["expires_in"])

    return get_token


# Versions that put the names of identity_config on the wire.
SENDS_NAMES_AS_THEY_ARE = ["1.16.1"]

CLIENTS = {"azure-identity": azure_identity, "msal": msal}


def ask(case):
    try:
        get_token = CLIENTS[case["client"]](case)
        for _ in range(case["calls"]):
            token, expires_on = get_token()
        return {"outcome": "token", "claims": claims_of(token), "expiresOn": expires_on}
    except Unsupported:
        return {"outcome": "unsupported"}
    except Exception as error:  # whatever a client raises is what its user reads
        return {"outcome": "error", "error": f"{type(error).__name__}: {error}"}


def claims_of(token):
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return {name: claims.get(name) for name in ("aud", "oid", "appid", "xms_mirid")}


def main():
    case = json.loads(sys.argv[1])
    began = time.monotonic()
    line = {"client": case["client"], "version": version(case["client"]), "calls": case["calls"]}
    line.update({"claims": None, "expiresOn": None, "error": None})
    line.update(ask(case))
    line["seconds"] = time.monotonic() - began
    print(json.dumps(line))


main()
