// placeholder until the first noun of GantrySystem lands
