package sqlstore

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	selectUser = `
		SELECT id, email, password_hash, first_name, last_name, phone_number, role, created_at
		FROM users`
	insertUser = `
		INSERT INTO users (email, password_hash, first_name, last_name, phone_number, role, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		RETURNING id`
	updateUser = `
		UPDATE users
		SET email = $2, password_hash = $3, first_name = $4, last_name = $5, phone_number = $6, role = $7
		WHERE id = $1`
)

type userRow struct {
	ID           domain.ID   `db:"id"`
	Email        string      `db:"email"`
	PasswordHash string      `db:"password_hash"`
	FirstName    string      `db:"first_name"`
	LastName     string      `db:"last_name"`
	Phone        string      `db:"phone_number"`
	Role         domain.Role `db:"role"`
	CreatedAt    instant     `db:"created_at"`
}

func (r userRow) entity() domain.User {
	return domain.User{
		ID:           r.ID,
		Email:        domain.Restore[domain.Email](r.Email),
		PasswordHash: domain.RestorePasswordHash(r.PasswordHash),
		FirstName:    domain.Restore[domain.PersonName](r.FirstName),
		LastName:     domain.Restore[domain.PersonName](r.LastName),
		Phone:        domain.Restore[domain.Phone](r.Phone),
		Role:         r.Role,
		CreatedAt:    r.CreatedAt.Time,
	}
}

// users implements ports.Users.
type users struct{ *querier }

func (s users) Add(ctx context.Context, user domain.User) (domain.User, error) {
	user.CreatedAt = ports.Kept(user.CreatedAt)
	err := s.insert(ctx, &user.ID, insertUser,
		user.Email.String(), user.PasswordHash.Reveal(), user.FirstName.String(), user.LastName.String(),
		user.Phone.String(), user.Role, user.CreatedAt)
	if err != nil {
		return domain.User{}, err
	}
	return user, nil
}

func (s users) Get(ctx context.Context, id domain.ID) (domain.User, error) {
	return s.one(ctx, ` WHERE id = $1`, id)
}

func (s users) ByEmail(ctx context.Context, email domain.Email) (domain.User, error) {
	return s.one(ctx, ` WHERE email = $1`, email.String())
}

func (s users) one(ctx context.Context, where string, arg any) (domain.User, error) {
	var row userRow
	err := s.get(ctx, &row, selectUser+where+s.locking(forChange), arg)
	return row.entity(), err
}

func (s users) Save(ctx context.Context, user domain.User) error {
	return s.change(ctx, updateUser, user.ID,
		user.Email.String(), user.PasswordHash.Reveal(), user.FirstName.String(), user.LastName.String(),
		user.Phone.String(), user.Role)
}
