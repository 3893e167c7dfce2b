// placeholder until the first noun of GantryRuntime lands
