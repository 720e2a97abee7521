"""Web doors over operating/: no SQL and no rules stand here."""
