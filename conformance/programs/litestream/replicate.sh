#!/bin/sh
# Makes a database and replicates it to the account, once.
set -e
litestream=$PWD/../../../node_modules/.conformance/litestream/bin/litestream
[ "$1" != version ] || exec "$litestream" version
cd "$HOME"
python3 -c 'import sqlite3; d = sqlite3.connect("orders.db"); d.execute("pragma journal_mode=wal"); d.execute("create table orders (id)"); d.commit()'
exec "$litestream" replicate -once orders.db abs://landfast@container/orders
