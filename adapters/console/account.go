package console

func (c *console) accountRoutes() []route {
	return []route{
		get("account/password/{$}", c.showPassword).open(beforeDuty),
		postSecret("account/password/{$}", c.changePassword).open(beforeDuty),
		get("account/second-factor/{$}", c.showSecondFactor).open(beforeDuty),
		postSecret("account/second-factor/{$}", c.enrol).open(beforeDuty),
		get("account/second-factor/confirm/{$}", c.backToSecondFactor).open(beforeDuty),
		postSecret("account/second-factor/confirm/{$}", c.confirmEnrolment).open(beforeDuty),
		get("account/second-factor/disable/{$}", c.backToSecondFactor).open(beforeDuty),
		postSecret("account/second-factor/disable/{$}", c.disableSecondFactor),
	}
}
