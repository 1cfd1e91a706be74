package console

func (c *console) deletedRoutes() []route { return nil }
