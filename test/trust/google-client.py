"""Gets a token of Google with the configuration file that the first argument names, as any application does, and prints
it, or the error, as one JSON line."""

import json
import sys

import google.auth
from google.auth.transport.requests import Request

try:
    # Given with the file, scopes make it ask Google for the name of the project as well.
    credentials, _ = google.auth.load_credentials_from_file(sys.argv[1])
    credentials = credentials.with_scopes(["https://www.googleapis.com/auth/cloud-platform"])
    credentials.refresh(Request())
    print(json.dumps({"token": credentials.token}))
except Exception as error:
    print(json.dumps({"error": str(error)}))
