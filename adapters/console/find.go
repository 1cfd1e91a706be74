package console

func (c *console) findRoutes() []route {
	return []route{get("{$}", c.showFind)}
}

// showFind is the first page: one box that finds patients and doctors.
func (c *console) showFind(p *page) error {
	return p.show("find", p.T("find.title"), nil)
}
