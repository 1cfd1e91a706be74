package console

func (c *console) historyRoutes() []route { return nil }
