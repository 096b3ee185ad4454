"""Puts a blob into the account, with what the environment says of the identity."""

import sys
from importlib.metadata import version

from obstore.store import AzureStore

if "--version" in sys.argv:
    sys.exit(print(version("obstore")))
AzureStore("container", account_name="landfast").put("file", b"content")
