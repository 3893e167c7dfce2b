// placeholder until the first noun of GantryTesting lands
