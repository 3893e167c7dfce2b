// placeholder until the first noun of GantryHost lands
