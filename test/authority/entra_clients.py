"""Microsoft's own clients of Entra ID for Python, unmodified. Prints what each of them got, as JSON.

Usage: python entra_clients.py CLIENT_FILE [default]

With "default" no client is told anything about its authority, which is then at the name of Entra ID itself.
"""

import base64
import json
import os
import sys

from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    EnvironmentCredential,
    WorkloadIdentityCredential,
)
from msal import ConfidentialClientApplication

with open(sys.argv[1], encoding="utf-8") as file:
    client = json.load(file)

told = sys.argv[2:] != ["default"]
options = {"authority": client["url"], "disable_instance_discovery": True} if told else {}
ids = (client["tenantId"], client["clientId"])
assertion_file = sys.argv[1] + ".assertion"


def read_assertion():
    with open(assertion_file, encoding="utf-8") as file:
        return file.read()


def environment(variables):
    for name in ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH"):
        os.environ.pop(name, None)
    os.environ.update({"AZURE_TENANT_ID": ids[0], "AZURE_CLIENT_ID": ids[1], **variables})
    return EnvironmentCredential(**options)


class Msal:
    def __init__(self):
        self.application = ConfidentialClientApplication(
            ids[1],
            authority=f"{client['url']}/{ids[0]}",
            client_credential=client["clientSecret"],
            instance_discovery=not told,
        )

    def get_token(self, scope):
        answer = self.application.acquire_token_for_client([scope])
        if "access_token" not in answer:
            raise RuntimeError(answer["error_description"])
        return type("Token", (), {"token": answer["access_token"]})


clients = {
    "ClientSecretCredential": lambda: ClientSecretCredential(*ids, client["clientSecret"], **options),
    "CertificateCredential": lambda: CertificateCredential(*ids, client["certificateFile"], **options),
    "CertificateCredential with a chain": lambda: CertificateCredential(
        *ids, client["chainFile"], send_certificate_chain=True, **options
    ),
    "ClientAssertionCredential": lambda: ClientAssertionCredential(*ids, read_assertion, **options),
    "WorkloadIdentityCredential": lambda: WorkloadIdentityCredential(
        tenant_id=ids[0], client_id=ids[1], token_file_path=assertion_file, **options
    ),
    "EnvironmentCredential with a secret": lambda: environment({"AZURE_CLIENT_SECRET": client["clientSecret"]}),
    "EnvironmentCredential with a certificate": lambda: environment(
        {"AZURE_CLIENT_CERTIFICATE_PATH": client["certificateFile"]}
    ),
    "MSAL with a secret": Msal,
    "a wrong secret": lambda: ClientSecretCredential(*ids, "wrong", **options),
}


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def attempt(make):
    try:
        credential = make()
        audiences = ["https://vault.azure.net", "https://storage.azure.com", "https://vault.azure.net"]
        a, b, c = [claims_of(credential.get_token(f"{audience}/.default").token) for audience in audiences]
    except Exception as error:
        return {"error": str(error)}
    return {
        "oid": a["oid"],
        "by": a["appidacr"],
        "audiences": [a["aud"], b["aud"]],
        "cached": a["uti"] == c["uti"],
    }


print(json.dumps({name: attempt(make) for name, make in clients.items()}))
