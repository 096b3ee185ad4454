"""Looks for a container with one file system, so often as is said.

Usage: listing.py AUTHORITY CALLS [CLIENT_ID]
"""

import sys

from pyarrow.fs import AzureFileSystem

authority, calls, *client_id = sys.argv[1:]
files = AzureFileSystem(
    "account",
    blob_storage_authority=authority,
    dfs_storage_authority=authority,
    client_id=client_id[0] if client_id else None,
)
for _ in range(int(calls)):
    files.get_file_info("container")
