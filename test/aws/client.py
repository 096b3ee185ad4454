"""Gets credentials with boto3, as the variables say, asks the service with them who it is, and prints one JSON line that tells
what came of it; never the credentials themselves."""

import hashlib
import json

import boto3

try:
    session = boto3.Session()
    credentials = session.get_credentials()
    if credentials is None:
        raise RuntimeError("no credentials")
    frozen = credentials.get_frozen_credentials()
    whole = f"{frozen.access_key} {frozen.secret_key} {frozen.token}"
    identity = session.client("sts").get_caller_identity()
    print(
        json.dumps(
            {
                "method": credentials.method,
                "accessKeyId": frozen.access_key,
                "digest": hashlib.sha256(whole.encode()).hexdigest(),
                "arn": identity["Arn"],
            }
        )
    )
except Exception as error:
    print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
