"""Writes a blob into the account, with what the environment says of the identity."""

import sys
from importlib.metadata import version

import opendal

if "--version" in sys.argv:
    sys.exit(print(version("opendal")))
storage = opendal.Operator(
    "azblob", container="container", account_name="landfast", endpoint="https://landfast.blob.core.windows.net"
)
storage.write("file", b"content")
