// placeholder until the first noun of GantryRPC lands
