"""Prints the user that it is signed in as: landfast run --with sql -- python3 who.py"""

import os
import mssql_python

with mssql_python.connect(os.environ["AZURE_SQL_CONNECTIONSTRING"]) as connection:
    print(connection.cursor().execute("SELECT SUSER_SNAME()").fetchone()[0])
