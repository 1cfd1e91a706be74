// Command pocketbase serves PocketBase, as a library, with collections like the records of
// healthcare. It is measured beside healthcare (see the folder above), and is a module of its
// own so that nothing else compiles PocketBase.
//
// PocketBase keeps no audit trail and no versions, and commits with synchronous=NORMAL: what
// it has acknowledged can be lost if the machine loses power.
package main

import (
	"log"

	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// The account that the benchmark signs in with.
const (
	email    = "bench@example.com"
	password = "orbit-walnut-73-lagoon"
)

func main() {
	app := pocketbase.NewWithConfig(pocketbase.Config{HideStartBanner: true})
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		e.InstallerFunc = nil // It would open a browser.
		if _, err := e.App.FindCollectionByNameOrId("patients"); err != nil {
			if err := e.App.RunInTransaction(prepare); err != nil {
				return err
			}
		}
		return e.Next()
	})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}

// prepare creates the collections and the account.
func prepare(app core.App) error {
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	user := core.NewRecord(users)
	user.SetEmail(email)
	user.SetPassword(password)
	user.SetVerified(true)
	if err := app.Save(user); err != nil {
		return err
	}

	patients := collection("patients",
		&core.RelationField{Name: "created_by", CollectionId: users.Id, MaxSelect: 1},
		&core.TextField{Name: "name", Required: true, Max: 100},
		&core.DateField{Name: "date_of_birth"},
		&core.SelectField{Name: "gender", Values: []string{"M", "F", "O"}, MaxSelect: 1},
		&core.TextField{Name: "phone_number", Max: 32},
		&core.EmailField{Name: "email"},
		&core.TextField{Name: "external_id", Max: 100},
		&core.TextField{Name: "address", Max: 1 << 20},
		&core.TextField{Name: "medical_record", Max: 1 << 20},
	)
	patients.AddIndex("patients_created_by_idx", false, "created_by", "")
	patients.AddIndex("patients_external_id_key", true, "external_id", "external_id != ''")
	if err := app.Save(patients); err != nil {
		return err
	}

	doctors := collection("doctors",
		&core.TextField{Name: "name", Required: true, Max: 100},
		&core.TextField{Name: "specialization", Max: 200},
		&core.TextField{Name: "license_number", Required: true, Max: 50},
		&core.NumberField{Name: "salary"},
	)
	doctors.AddIndex("doctors_license_number_key", true, "license_number", "")
	if err := app.Save(doctors); err != nil {
		return err
	}

	mappings := collection("mappings",
		&core.RelationField{Name: "patient", CollectionId: patients.Id, MaxSelect: 1, Required: true},
		&core.RelationField{Name: "doctor", CollectionId: doctors.Id, MaxSelect: 1, Required: true},
	)
	mappings.AddIndex("mappings_patient_doctor_key", true, "patient, doctor", "")
	mappings.AddIndex("mappings_doctor_idx", false, "doctor", "")
	return app.Save(mappings)
}

// collection returns a collection that every user who has signed in can read and change.
func collection(name string, fields ...core.Field) *core.Collection {
	c := core.NewBaseCollection(name)
	signedIn := types.Pointer("@request.auth.id != ''")
	c.ListRule, c.ViewRule, c.CreateRule, c.UpdateRule, c.DeleteRule = signedIn, signedIn, signedIn, signedIn, signedIn
	c.Fields.Add(fields...)
	c.Fields.Add(
		&core.AutodateField{Name: "created", OnCreate: true},
		&core.AutodateField{Name: "updated", OnCreate: true, OnUpdate: true},
	)
	return c
}
