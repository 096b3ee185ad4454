"""Puts a blob into the account, with what the environment says of the identity."""

import sys
from importlib.metadata import version

from adlfs import AzureBlobFileSystem

if "--version" in sys.argv:
    sys.exit(print(version("adlfs")))
AzureBlobFileSystem(account_name="landfast", anon=False).pipe_file("container/file", b"content", overwrite=True)
