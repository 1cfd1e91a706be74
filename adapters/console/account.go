package console

func (c *console) accountRoutes() []route { return nil }
