"""MSAL for Python at an authority of Entra's kind: by certificate twice, then by the assertion of another issuer. Prints
what it got as one JSON line: the claims of the tokens, or the text of an error; never a token.

Usage: python msal_python.py CLIENT_FILE
"""

import base64
import json
import sys

from msal import ConfidentialClientApplication


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


client = json.loads(read(sys.argv[1]))


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def ask(credential):
    application = ConfidentialClientApplication(
        client["clientId"],
        authority=client["authority"],
        client_credential=credential,
        instance_discovery=False,
    )
    answers = [application.acquire_token_for_client([client["scope"]]) for _ in range(2)]
    if "access_token" not in answers[0]:
        return {"error": answers[0].get("error_description", "no description")}
    tokens = {answer["access_token"] for answer in answers}
    return {"claims": claims_of(answers[0]["access_token"]), "tokens": len(tokens)}


# Without a thumbprint MSAL takes the one by SHA-256 of the certificate.
certificate = {
    "private_key": read(client["keyFile"]),
    "public_certificate": read(client["certificateFile"]),
}
print(
    json.dumps(
        {
            "certificate": ask(certificate),
            "assertion": ask({"client_assertion": lambda: read(client["assertionFile"])}),
        }
    )
)
