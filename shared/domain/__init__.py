"""Pure logic: no I/O, no clock, no Azure. Everything here is tested with tables and properties."""
