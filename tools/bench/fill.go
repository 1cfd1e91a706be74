package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// fillHealthcare adds the records, whose ids are then counted from 1.
func fillHealthcare(ctx context.Context, url, token string) error {
	var patientItems, doctorItems []string
	var mappingItems []string
	for n := 1; n <= patients; n++ {
		patientItems = append(patientItems, patient(n))
		for _, d := range doctorsOf(n) {
			mappingItems = append(mappingItems, fmt.Sprintf(`{"patient": %d, "doctor": %d}`, n, d))
		}
	}
	for n := 1; n <= doctors; n++ {
		doctorItems = append(doctorItems, doctor(n))
	}
	for _, bulk := range []struct {
		path  string
		items []string
	}{{"patients", patientItems}, {"doctors", doctorItems}, {"mappings", mappingItems}} {
		for items := bulk.items; len(items) > 0; {
			size := min(len(items), 1000)
			body := `{"items": [` + strings.Join(items[:size], ",") + `]}`
			if _, err := mustSend(ctx, http.MethodPost, url+"/api/"+bulk.path+"/bulk/", token, body); err != nil {
				return err
			}
			items = items[size:]
		}
	}
	return nil
}

// fillPocketBase adds the records, with ids that are made of the same numbers.
func fillPocketBase(ctx context.Context, url, token string) error {
	add := func(collection, record string) error {
		_, err := mustSend(ctx, http.MethodPost, url+"/api/collections/"+collection+"/records", token, record)
		return err
	}
	for n := 1; n <= doctors; n++ {
		if err := add("doctors", withID(doctor(n), "d", n)); err != nil {
			return err
		}
	}
	for n := 1; n <= patients; n++ {
		if err := add("patients", withID(patient(n), "p", n)); err != nil {
			return err
		}
		for _, d := range doctorsOf(n) {
			if err := add("mappings", fmt.Sprintf(`{"patient": "p%014d", "doctor": "d%014d"}`, n, d)); err != nil {
				return err
			}
		}
	}
	return nil
}

// fillBare adds the patients one after the other, so that their ids are counted from 1.
func fillBare(ctx context.Context, url string) error {
	for n := 1; n <= patients; n++ {
		if _, err := mustSend(ctx, http.MethodPost, url+"/patients", "", patient(n)); err != nil {
			return err
		}
	}
	return nil
}

// patient returns patient n as JSON.
func patient(n int) string {
	return strings.ReplaceAll(newPatient, "{u}", fmt.Sprint(n))
}

// doctor returns doctor n as JSON.
func doctor(n int) string {
	return fmt.Sprintf(`{"name": "Gregory House", "specialization": "Diagnostics", "license_number": "NJ-%d", "salary": "1234.50"}`, n)
}

// doctorsOf returns the doctors of patient n.
func doctorsOf(n int) (ids [doctorsPerPatient]int) {
	for i := range ids {
		ids[i] = (n*7+i)%doctors + 1
	}
	return ids
}

// withID adds an id of PocketBase, which has 15 characters, to a JSON object.
func withID(object, prefix string, n int) string {
	return fmt.Sprintf(`{"id": "%s%014d", %s`, prefix, n, strings.TrimPrefix(object, "{"))
}

// check sends each request of a system once and looks at the answers, because the load looks
// at their status only.
func check(ctx context.Context, s *system) error {
	for operation, c := range s.calls {
		filled := strings.NewReplacer("{n}", "1000", "{id}", "p00000000001000", "{u}", "checked "+s.name)
		answer, err := mustSend(ctx, c.method, s.url+filled.Replace(c.path), s.token, filled.Replace(c.body))
		if err != nil {
			return fmt.Errorf("%s: %w", operation, err)
		}
		want := map[string]int{getOne: 1, list: 100, patientDoctors: doctorsPerPatient, patch: 1, post: 1}[operation]
		if got := countRecords(answer); got != want {
			return fmt.Errorf("%s of %s answered with %d records instead of %d: %s", operation, s.name, got, want, answer[:min(len(answer), 300)])
		}
	}
	return nil
}

// countRecords returns the number of records in an answer: those of an array, those of the
// member items, or the one that the answer is.
func countRecords(answer []byte) int {
	var records []any
	if json.Unmarshal(answer, &records) == nil {
		return len(records)
	}
	var page struct {
		Items []any  `json:"items"`
		Name  string `json:"name"`
	}
	if json.Unmarshal(answer, &page) == nil && page.Items == nil && page.Name != "" {
		return 1
	}
	return len(page.Items)
}
