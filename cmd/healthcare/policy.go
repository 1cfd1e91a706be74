package main

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"example.com/healthcare/domain"
)

type policyCommand struct{}

// Run prints the table of permissions, a column for each role.
func (policyCommand) Run(p process) error {
	roles := []domain.Role{domain.Anonymous, domain.Staff, domain.Admin, domain.Operator}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PERMISSION\tANYONE\tSTAFF\tADMIN\tOPERATOR\tLETS ONE")
	for _, rule := range domain.Policy() {
		fmt.Fprintf(table, "%s\t", rule.Permission)
		for _, role := range roles {
			mark := "-"
			if slices.Contains(rule.Roles, role) {
				mark = "yes"
			}
			fmt.Fprintf(table, "%s\t", mark)
		}
		fmt.Fprintln(table, rule.Description)
	}
	return table.Flush()
}
