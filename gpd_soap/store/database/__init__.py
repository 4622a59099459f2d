"""The way to the database: engine, connections, transactions, paging, migrations, errors."""
