package console

func (c *console) userRoutes() []route { return nil }
