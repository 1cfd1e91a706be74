package console

import (
	"maps"
	"slices"

	"example.com/healthcare/domain"
)

// userNames returns the names of users by their IDs, in one call for up to domain.MaxNames
// users. A page shows people with it, never by their IDs. Each ID has a text: words stand for a
// user without a name, for a user that does not exist, and for the ID 0, which is the operator.
func (p *page) userNames(ids ...domain.ID) (map[domain.ID]string, error) {
	names := map[domain.ID]string{}
	for _, id := range ids {
		if id != 0 {
			names[id] = p.T("people.unknown")
		}
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(names)), domain.MaxNames) {
		var query domain.NamesQuery
		for _, id := range some {
			query.IDs = append(query.IDs, domain.Given(id.String()))
		}
		users, err := p.Users.ListNames(p.ctx(), p.actor, query)
		if err != nil {
			return nil, err
		}
		for _, user := range users {
			names[user.ID] = p.personName(user.Name)
		}
	}
	names[0] = p.T("people.operator")
	return names, nil
}

// personName returns the name of a user, or words that stand for an empty one.
func (p *page) personName(name string) string {
	if name == "" {
		return p.T("people.unnamed")
	}
	return name
}

// whoDid returns the name of the user who did something. names has the IDs of all users of the
// page. Without an ID, the role says whether it was the operator.
func (p *page) whoDid(names map[domain.ID]string, user domain.ID, role domain.Role) string {
	if user == 0 && role != domain.Operator {
		return p.T("people.nobody")
	}
	return names[user]
}

// callerName names the caller of a use-case. name is that of the user, if there is one.
func (p *page) callerName(user domain.ID, role domain.Role, name string) string {
	switch {
	case user != 0:
		return p.personName(name)
	case role == domain.Operator:
		return p.T("people.operator")
	}
	return p.T("people.anonymous")
}

// userLabel is how a user is shown.
func userLabel(user domain.User) string {
	if name := user.Name(); name != "" {
		return name
	}
	return user.Email.String()
}

// namedLink is a person or a record by its name. Link is empty if there is no page of it.
type namedLink struct{ Name, Link string }

func (p *page) userLink(user domain.User) namedLink {
	return namedLink{userLabel(user), p.link("users/{id}/", user.ID)}
}
