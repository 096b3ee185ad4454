"""Writes a data frame into the account, with what the environment says of the identity."""

import sys
from importlib.metadata import version

import polars

if "--version" in sys.argv:
    sys.exit(print(version("polars")))
frame = polars.DataFrame({"id": [1, 2]})
frame.write_parquet("az://container/orders.parquet", storage_options={"account_name": "landfast"})
