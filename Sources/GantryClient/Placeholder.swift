// placeholder until the first noun of GantryClient lands
