// placeholder until the first noun of GantryDiff lands
