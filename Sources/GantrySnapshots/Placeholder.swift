// placeholder until the first noun of GantrySnapshots lands
