// placeholder until the first noun of GantryCLI lands
