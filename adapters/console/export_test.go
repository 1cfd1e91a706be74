package console

import (
	"strings"

	"example.com/healthcare/application"
)

// RouteNames returns the method and the path of each route, such as: GET patients/{id}/.
func RouteNames() (names []string) {
	for _, route := range (&console{UseCases: &application.UseCases{}}).routes() {
		names = append(names, route.method+" "+strings.TrimSuffix(route.path, "{$}"))
	}
	return names
}

// MaxAnonymousForm is the length of the longest form of somebody who is not signed in.
const MaxAnonymousForm = maxAnonymousForm

// Policy is the Content-Security-Policy of all pages.
const Policy = contentSecurityPolicy
