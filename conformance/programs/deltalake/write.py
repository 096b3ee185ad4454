"""Writes a table of Delta Lake into the account, with what the environment says of the identity."""

import sys
from importlib.metadata import version

from arro3.core import Array, DataType, Table
from deltalake import write_deltalake

if "--version" in sys.argv:
    sys.exit(print(version("deltalake")))
orders = Table.from_pydict({"id": Array([1, 2], DataType.int64())})
write_deltalake("az://container/orders", orders, mode="overwrite", storage_options={"account_name": "landfast"})
