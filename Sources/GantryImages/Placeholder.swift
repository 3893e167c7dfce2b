// placeholder until the first noun of GantryImages lands
