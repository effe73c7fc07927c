"""Alembic's entry: runs the migrations over the connection that store/migrate.py opened, one transaction each."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema="gateway",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
