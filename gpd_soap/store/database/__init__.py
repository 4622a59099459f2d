"""How the database is reached: engine, connections, transactions, paging, migrations, errors."""
