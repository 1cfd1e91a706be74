package console

func (c *console) deletedRoutes() []route {
	return []route{
		post("patients/{id}/restore/{$}", c.restorePatient),
		post("doctors/{id}/restore/{$}", c.restoreDoctor),
		post("assignments/{id}/restore/{$}", c.restoreAssignment),
	}
}
