package console

func (c *console) assignmentRoutes() []route { return nil }
