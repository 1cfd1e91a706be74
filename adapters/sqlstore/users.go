package sqlstore

import (
	"context"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	userColumns = `
		users.id, email, password_hash, first_name, last_name, phone_number, phone_number_long, role, created_at,
			password_temporary, is_active, totp_key, totp_confirmed, totp_last_step, recovery_hashes,
			version, COALESCE(updated_at, created_at) AS updated_at`
	selectUser         = `SELECT ` + userColumns + ` FROM users`
	selectActiveAdmins = selectUser + ` WHERE role = 'ADMIN' AND is_active ORDER BY id`
	insertUser         = `
		INSERT INTO users (email, password_hash, first_name, last_name, phone_number, role,
			password_temporary, is_active, totp_key, totp_confirmed, totp_last_step, recovery_hashes, phone_number_long,
			version, updated_at, last_name_folded, search_text, folding, folded_version, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
		RETURNING id`
	updateUser = `
		UPDATE users
		SET email = $2, password_hash = $3, first_name = $4, last_name = $5, phone_number = $6, role = $7,
			password_temporary = $8, is_active = $9, totp_key = $10, totp_confirmed = $11, totp_last_step = $12,
			recovery_hashes = $13, phone_number_long = $14, version = $15, updated_at = $16,
			last_name_folded = $17, search_text = $18, folding = $19, folded_version = $20
		WHERE id = $1`
)

// userDerived are the derived columns, in the order of the statements.
var userDerived = findingColumns(
	func(user domain.User) int { return user.Version },
	derived[domain.User]{"last_name_folded", func(user domain.User) any { return domain.SortKey(user.LastName.String()) }},
)

var selectUsersByID = forIDs(selectUser+` WHERE `, `id`, ` ORDER BY id`)

var userListSQL = listSQL{
	table:   "users",
	columns: userColumns,
	conditions: map[string]conditionSQL{
		"role":      {expression: "users.role", indexed: true, choice: true},
		"is_active": {yes: "users.is_active", no: "NOT users.is_active"},
	},
	orders: map[string]orderSQL{
		"email":     {expression: "users.email"},
		"last_name": {expression: "users.last_name_folded"},
	},
}

type userRow struct {
	ID                domain.ID    `db:"id"`
	Email             string       `db:"email"`
	PasswordHash      string       `db:"password_hash"`
	FirstName         string       `db:"first_name"`
	LastName          string       `db:"last_name"`
	Phone             string       `db:"phone_number"`
	LongPhone         nullableText `db:"phone_number_long"`
	Role              domain.Role  `db:"role"`
	CreatedAt         instant      `db:"created_at"`
	PasswordTemporary bool         `db:"password_temporary"`
	Active            bool         `db:"is_active"`
	TOTPKey           string       `db:"totp_key"`
	TOTPConfirmed     bool         `db:"totp_confirmed"`
	TOTPLastStep      int64        `db:"totp_last_step"`
	RecoveryHashes    []byte       `db:"recovery_hashes"`
	Version           int          `db:"version"`
	UpdatedAt         instant      `db:"updated_at"`
}

func (r userRow) entity() domain.User {
	return domain.User{
		ID:                r.ID,
		Email:             domain.FromStored[domain.Email](r.Email),
		PasswordHash:      domain.StoredPasswordHash(r.PasswordHash),
		FirstName:         domain.FromStored[domain.PersonName](r.FirstName),
		LastName:          domain.FromStored[domain.PersonName](r.LastName),
		Phone:             phoneOf(r.Phone, r.LongPhone),
		Role:              r.Role,
		CreatedAt:         r.CreatedAt.Time,
		PasswordTemporary: r.PasswordTemporary,
		Active:            r.Active,
		SecondFactor: domain.SecondFactor{
			Key:       domain.StoredSealedKey(r.TOTPKey),
			Confirmed: r.TOTPConfirmed,
			LastStep:  r.TOTPLastStep,
			Recovery:  splitHashes(r.RecoveryHashes),
		},
		UpdatedAt: r.UpdatedAt.Time,
		Version:   r.Version,
	}
}

func splitHashes(stored []byte) (hashes domain.RecoveryHashes) {
	for i, hash := range slices.Collect(slices.Chunk(stored, len(domain.RecoveryHash{}))) {
		copy(hashes[i][:], hash)
	}
	return hashes
}

// hashesOrNull concatenates the hashes. It returns NULL if all are zero.
func hashesOrNull(hashes domain.RecoveryHashes) any {
	if hashes == (domain.RecoveryHashes{}) {
		return nil
	}
	var stored []byte
	for _, hash := range hashes {
		stored = append(stored, hash[:]...)
	}
	return stored
}

// userValues returns the values that both Add and Save store, in the order of the statements.
func userValues(user domain.User) []any {
	factor := user.SecondFactor
	phone, longPhone := phoneColumns(user.Phone)
	return append([]any{
		user.Email.String(), user.PasswordHash.Reveal(), user.FirstName.String(), user.LastName.String(),
		phone, user.Role, user.PasswordTemporary, user.Active,
		factor.Key.Reveal(), factor.Confirmed, factor.LastStep, hashesOrNull(factor.Recovery), longPhone,
		user.Version, ports.ToMicroseconds(user.UpdatedAt),
	}, derivedValues(userDerived, user)...)
}

// users implements ports.Users.
type users struct {
	*querier
	lists[userRow, domain.User]
}

func (s users) Add(ctx context.Context, user domain.User) (domain.User, error) {
	user.CreatedAt, user.UpdatedAt = ports.ToMicroseconds(user.CreatedAt), ports.ToMicroseconds(user.UpdatedAt)
	err := s.returning(ctx, &user.ID, insertUser, append(userValues(user), user.CreatedAt)...)
	if err != nil {
		return domain.User{}, err
	}
	return user, nil
}

func (s users) Get(ctx context.Context, id domain.ID) (domain.User, error) {
	return s.getWhere(ctx, ` WHERE id = $1`, id)
}

func (s users) ByEmail(ctx context.Context, email domain.Email) (domain.User, error) {
	if email == (domain.Email{}) {
		return domain.User{}, domain.ErrNotFound()
	}
	return s.getWhere(ctx, ` WHERE email = $1`, email.String())
}

func (s users) getWhere(ctx context.Context, where string, arg any) (domain.User, error) {
	var row userRow
	err := s.get(ctx, &row, selectUser+where+s.locking(forChange), arg)
	return row.entity(), err
}

func (s users) Save(ctx context.Context, user domain.User) error {
	return s.change(ctx, updateUser, append([]any{user.ID}, userValues(user)...)...)
}

func (s users) ListByIDs(ctx context.Context, ids ...domain.ID) ([]domain.User, error) {
	list := []domain.User{}
	for batch := range batches(slices.Compact(slices.Sorted(slices.Values(ids)))) {
		found, err := entities[userRow](ctx, s.querier, selectUsersByID.text(s.querier, len(batch)), idArguments(batch)...)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

func (s users) ActiveAdmins(ctx context.Context) ([]domain.User, error) {
	return entities[userRow](ctx, s.querier, selectActiveAdmins+s.locking(forChange))
}
