// placeholder until the first noun of GantryModel lands
