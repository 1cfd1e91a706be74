package console

func (c *console) doctorRoutes() []route { return nil }
