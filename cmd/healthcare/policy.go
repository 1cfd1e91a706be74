package main

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"example.com/healthcare/domain"
)

type policyCommand struct{}

// Run prints the permissions as a table with one column per role.
func (policyCommand) Run(p process) error {
	roles := []domain.Role{domain.Anonymous, domain.Staff, domain.Admin, domain.Operator}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PERMISSION\tANYONE\tSTAFF\tADMIN\tOPERATOR\tLETS ONE")
	for _, rule := range domain.Policy() {
		fmt.Fprintf(table, "%s\t", rule.Permission)
		for _, role := range roles {
			allowed := "-"
			if slices.Contains(rule.Roles, role) {
				allowed = "yes"
			}
			fmt.Fprintf(table, "%s\t", allowed)
		}
		fmt.Fprintln(table, rule.Description)
	}
	return table.Flush()
}
