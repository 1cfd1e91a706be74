package console

func (c *console) accountRoutes() []route {
	return []route{
		get("account/password/{$}", c.showPassword).open(beforeDuty),
		postSecret("account/password/{$}", c.changePassword).open(beforeDuty),
	}
}
