// placeholder until the first noun of GantryStore lands
