package recordjson

import "example.com/healthcare/domain"

// Record shows a record: its id, its fields, its stamp, and then the members that a view adds.
func Record(record domain.Record, added ...Member) Object {
	shown := Object{{"id", record.Self().ID}}
	for _, field := range record.Fields() {
		shown = append(shown, Member{field.Name, field.Value})
	}
	// A mapping has assigned_at in place of the times of its stamp.
	stamp := domain.StampOf(record)
	if record.Self().Kind != domain.SubjectMapping {
		shown = append(shown, Member{"created_at", stamp.CreatedAt}, Member{"updated_at", stamp.UpdatedAt})
	}
	shown = append(shown, Member{"version", stamp.Version})
	return append(shown, added...)
}

// Patient shows a patient with the assigned doctors.
func Patient(patient domain.PatientView) Object {
	return Record(patient, Member{"assigned_doctors", patient.AssignedDoctors})
}

// Doctor shows a doctor. A withheld salary is left out.
func Doctor(doctor domain.Doctor) Object { return Record(doctor) }

// Assignment shows a mapping as lists show it, with the patient's name and the doctor.
func Assignment(assignment domain.Assignment) Object {
	return Object{
		{"id", assignment.ID},
		{"patient", Object{
			{"id", assignment.PatientID},
			{"name", assignment.PatientName.String()},
			{"external_id", nullIfEmpty(assignment.PatientExternalID.String())},
		}},
		{"doctor", Doctor(assignment.Doctor)},
		{"assigned_at", assignment.AssignedAt},
		{"version", assignment.Version},
	}
}

// User shows an account as administrators see it, without anything secret.
func User(user domain.User) Object {
	return Object{
		{"id", user.ID},
		{"first_name", user.FirstName.String()},
		{"last_name", user.LastName.String()},
		{"email", user.Email.String()},
		{"phone_number", user.Phone.String()},
		{"role", string(user.Role)},
		{"is_active", user.Active},
		{"mfa_enabled", user.SecondFactor.Confirmed},
		{"password_temporary", user.PasswordTemporary},
		{"created_at", user.CreatedAt},
		{"updated_at", user.UpdatedAt},
		{"version", user.Version},
	}
}

// nullIfEmpty returns nil for an empty text, which JSON shows as null.
func nullIfEmpty(text string) any {
	if text == "" {
		return nil
	}
	return text
}
