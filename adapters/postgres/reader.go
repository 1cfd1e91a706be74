package postgres

import (
	"context"
	"database/sql"
	"log/slog"
)

// OpenReader connects to a database that is not the store's and begins a transaction that
// cannot write (READ ONLY) and reads one state of the database (REPEATABLE READ). dsn is like
// that of Open. close ends the transaction and the connection. The error is Unavailable if the
// database does not answer. No error contains the password.
func OpenReader(ctx context.Context, dsn string, log *slog.Logger) (tx *sql.Tx, close func(), err error) {
	connector, err := connect(dsn, defaultResponseTimeout, log)
	if err != nil {
		return nil, nil, err
	}
	db := sql.OpenDB(connector)
	tx, err = db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		_ = db.Close()
		return nil, nil, unavailable(err)
	}
	return tx, func() {
		_ = tx.Rollback()
		_ = db.Close()
	}, nil
}
