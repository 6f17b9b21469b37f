"""The blocks of the page, one file a block: functions from a run's figures to markup."""
