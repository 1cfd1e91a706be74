package console

func (c *console) accessRoutes() []route { return nil }
