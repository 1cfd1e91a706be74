package console

func (c *console) overviewRoutes() []route { return nil }
