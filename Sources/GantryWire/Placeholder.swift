// placeholder until the first noun of GantryWire lands
