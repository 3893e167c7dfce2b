// placeholder until the first noun of GantryCore lands
