import GantryCLI

Tool.main()
