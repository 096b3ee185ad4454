"""Gets a token for the audience in the only argument with Microsoft's client, as any application in a container does,
and prints its claims, or the error, as one JSON line."""

import base64
import json
import sys

from azure.identity import DefaultAzureCredential

try:
    credential = DefaultAzureCredential(disable_instance_discovery=True)
    token = credential.get_token(sys.argv[1] + "/.default").token
    body = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    print(json.dumps({"aud": claims["aud"], "oid": claims["oid"]}))
except Exception as error:
    print(json.dumps({"error": str(error)}))
