package console

func (c *console) patientRoutes() []route { return nil }
