import GantryShim
import GantrySystem

Processes.exit(ShimMain.run(CommandLine.arguments))
