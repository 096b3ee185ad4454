"""Keeps a text at the address of the variable AWS_ENDPOINT_URL_S3 and reads it back, with the credentials that boto3 finds, and
prints one JSON line that tells what came of it."""

import json

import boto3

try:
    session = boto3.Session()
    s3 = session.client("s3")
    s3.create_bucket(Bucket="landfast")
    s3.put_object(Bucket="landfast", Key="greeting", Body=b"made fast to the land")
    body = s3.get_object(Bucket="landfast", Key="greeting")["Body"].read().decode()
    print(json.dumps({"method": session.get_credentials().method, "body": body}))
except Exception as error:
    print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
