// Command bare serves patients from PostgreSQL with net/http and pgx alone. It is what
// healthcare is measured against: no users, no policy, no validation, no audit trail, no
// versions. Its statements are prepared, and each request needs one.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// patient has the members of a patient of healthcare.
type patient struct {
	ID            int64     `json:"id"`
	CreatedBy     int64     `json:"created_by"`
	Name          string    `json:"name"`
	DateOfBirth   *string   `json:"date_of_birth"`
	PhoneNumber   string    `json:"phone_number"`
	Gender        *string   `json:"gender"`
	Email         string    `json:"email"`
	ExternalID    *string   `json:"external_id"`
	Address       string    `json:"address"`
	MedicalRecord string    `json:"medical_record"`
	Version       int64     `json:"version"`
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`
}

const columns = `id, created_by, name, CAST(date_of_birth AS text), phone_number, gender, email, external_id, address, medical_record,
	version, created_at, updated_at`

// pgx prepares each statement at its first use on a connection.
const (
	selectPatient = `SELECT ` + columns + ` FROM patients WHERE id = $1`
	insertPatient = `INSERT INTO patients (name, date_of_birth, phone_number, gender, email, external_id, address, medical_record)
		VALUES ($1, CAST($2 AS date), $3, $4, $5, $6, $7, $8) RETURNING ` + columns
)

func scan(row pgx.Row) (p patient, err error) {
	err = row.Scan(&p.ID, &p.CreatedBy, &p.Name, &p.DateOfBirth, &p.PhoneNumber, &p.Gender, &p.Email, &p.ExternalID, &p.Address, &p.MedicalRecord,
		&p.Version, &p.CreatedAt, &p.UpdatedAt)
	return p, err
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: bare HOST:PORT DATABASE_URL")
	}
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func serve(addr, databaseURL string) error {
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return err
	}
	config.MaxConns = int32(max(4*runtime.GOMAXPROCS(0), 10)) // as healthcare
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return err
	}
	defer pool.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /patients/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		if err != nil {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		p, err := scan(pool.QueryRow(r.Context(), selectPatient, id))
		answer(w, http.StatusOK, p, err)
	})
	mux.HandleFunc("POST /patients", func(w http.ResponseWriter, r *http.Request) {
		var in patient
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&in); err != nil {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		p, err := scan(pool.QueryRow(r.Context(), insertPatient,
			in.Name, in.DateOfBirth, in.PhoneNumber, in.Gender, in.Email, in.ExternalID, in.Address, in.MedicalRecord))
		answer(w, http.StatusCreated, p, err)
	})
	server := http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	return fmt.Errorf("serve: %w", server.ListenAndServe())
}

func answer(w http.ResponseWriter, status int, p patient, err error) {
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		http.Error(w, "not found", http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		body, err := json.Marshal(p)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body) // The client can be gone.
	}
}
