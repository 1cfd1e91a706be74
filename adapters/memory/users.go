package memory

import (
	"context"
	"math"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// users implements ports.Users.
type users struct {
	tx *tx
	lists[domain.User]
}

func (r users) Add(ctx context.Context, user domain.User) (domain.User, error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return domain.User{}, err
	}
	if _, taken := s.emails.get(user.Email.String()); taken {
		return domain.User{}, r.tx.refuse(domain.ErrEmailTaken())
	}
	user.ID = s.users.nextID()
	user.CreatedAt, user.UpdatedAt = ports.ToMicroseconds(user.CreatedAt), ports.ToMicroseconds(user.UpdatedAt)
	s.emails = s.emails.set(user.Email.String(), user.ID)
	s.users.set(user.ID, user)
	return user, nil
}

func (r users) Get(ctx context.Context, id domain.ID) (domain.User, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.User{}, err
	}
	return s.users.get(id)
}

func (r users) ByEmail(ctx context.Context, email domain.Email) (domain.User, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.User{}, err
	}
	if email == (domain.Email{}) {
		return domain.User{}, domain.ErrNotFound()
	}
	id, _ := s.emails.get(email.String())
	return s.users.get(id)
}

func (r users) Save(ctx context.Context, user domain.User) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	before, err := s.users.get(user.ID)
	if err != nil {
		return err
	}
	if owner, taken := s.emails.get(user.Email.String()); taken && owner != user.ID {
		return r.tx.refuse(domain.ErrEmailTaken())
	}
	user.CreatedAt, user.UpdatedAt = before.CreatedAt, ports.ToMicroseconds(user.UpdatedAt)
	s.emails = s.emails.delete(before.Email.String()).set(user.Email.String(), user.ID)
	s.users.set(user.ID, user)
	return nil
}

func (r users) ListByIDs(ctx context.Context, ids ...domain.ID) ([]domain.User, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	list := []domain.User{}
	for _, id := range filterIDs(ids, s.users.has) {
		user, _ := s.users.get(id)
		list = append(list, user)
	}
	return list, nil
}

func (r users) ActiveAdmins(ctx context.Context) ([]domain.User, error) {
	return r.List(ctx, domain.ListQuery{Limit: math.MaxInt, Conditions: []domain.Condition{
		{Filter: "role", Comparison: domain.Equal, Value: string(domain.Admin)},
		{Filter: "is_active", Comparison: domain.Equal, Value: true},
	}})
}
