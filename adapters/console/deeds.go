package console

import "example.com/healthcare/domain"

// deed says in a few words what somebody did who used a permission.
func (p *page) deed(permission domain.Permission) string {
	switch permission {
	case domain.PatientRead:
		return p.T("deeds.patient_read")
	case domain.PatientSearch:
		return p.T("deeds.patient_search")
	case domain.PatientCreate, domain.PatientReplay:
		return p.T("deeds.patient_create")
	case domain.PatientUpdate:
		return p.T("deeds.patient_update")
	case domain.PatientDelete:
		return p.T("deeds.patient_delete")
	case domain.PatientRestore, domain.PatientRestoreAny:
		return p.T("deeds.patient_restore")
	case domain.PatientReadHistory:
		return p.T("deeds.patient_history")
	case domain.PatientReadDeleted:
		return p.T("deeds.patient_deleted")
	case domain.PatientImport:
		return p.T("deeds.patient_import")
	case domain.MappingRead:
		return p.T("deeds.mapping_read")
	case domain.MappingCreate, domain.MappingReplay:
		return p.T("deeds.mapping_create")
	case domain.MappingUpdate:
		return p.T("deeds.mapping_update")
	case domain.MappingDelete:
		return p.T("deeds.mapping_delete")
	case domain.MappingRestore, domain.MappingRestoreAny:
		return p.T("deeds.mapping_restore")
	case domain.MappingReadHistory:
		return p.T("deeds.mapping_history")
	case domain.MappingReadDeleted:
		return p.T("deeds.mapping_deleted")
	case domain.MappingImport:
		return p.T("deeds.mapping_import")
	case domain.DoctorRead, domain.DoctorSearch:
		return p.T("deeds.doctor_read")
	case domain.DoctorDelete:
		return p.T("deeds.doctor_delete")
	case domain.DoctorRestore:
		return p.T("deeds.doctor_restore")
	case domain.RetentionPurge:
		return p.T("deeds.purge")
	case domain.AuditRead:
		return p.T("deeds.audit_read")
	}
	return p.T("deeds.other", domain.DescribePermission(permission))
}
