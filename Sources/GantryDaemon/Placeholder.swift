// placeholder until the first noun of GantryDaemon lands
