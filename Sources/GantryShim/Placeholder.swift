// placeholder until the first noun of GantryShim lands
