// The made-up records that the pictures show.
import { api, newUser } from "./clinic.js";

const doctors = [
  { name: "Dr. Ana Ruiz", specialization: "Cardiology", license_number: "BE-20418", salary: "98500.00" },
  { name: "Dr. Kofi Mensah", specialization: "Paediatrics", license_number: "BE-20977", salary: "91200.00" },
  { name: "Dr. Ingrid Dahl", specialization: "General practice", license_number: "BE-18230", salary: "88750.00" },
  { name: "Dr. Samir Haddad", specialization: "Orthopaedics", license_number: "BE-21305", salary: "95300.00" },
];

const patients = [
  {
    name: "Mia Chen", date_of_birth: "1987-11-30", gender: "F", phone_number: "+49 30 555 0182", email: "mia.chen@mail.example",
    address: "Lindenstraße 4\n10969 Berlin", external_id: "K-4471",
    medical_record: "Penicillin allergy (2009).\nAsthma since childhood; salbutamol as needed.\n\nMarch: blood pressure 128/82, check again in autumn.",
  },
  { name: "Noah Berg", date_of_birth: "2019-05-12", gender: "M", phone_number: "+49 30 555 0144", address: "Weserstraße 18, 12047 Berlin" },
  { name: "Lena Fuchs", date_of_birth: "1954-02-03", gender: "F", phone_number: "+49 30 555 0127", medical_record: "Type 2 diabetes." },
  { name: "Tomás Ortega", date_of_birth: "1990-08-21", gender: "M", phone_number: "+49 30 555 0150", email: "tomas.ortega@mail.example" },
  { name: "Amina Yusuf", date_of_birth: "1978-12-01", gender: "F", phone_number: "+49 30 555 0163" },
  { name: "Jonas Weber", date_of_birth: "2001-06-17", gender: "M", phone_number: "+49 30 555 0171" },
  { name: "Mia Chenoweth", date_of_birth: "1962-04-09", gender: "F", phone_number: "+44 20 7946 0958" },
];

// fill fills a clinic, and returns its users and records by name.
export async function fill() {
  const made = { doctors: {}, patients: {} };
  await api("PATCH", "/api/auth/me/", { first_name: "Olga", last_name: "Petrov" });
  made.clerk = await newUser("Nora", "Kim", "STAFF", "nora.kim@clinic.example");
  made.colleague = await newUser("Sam", "Lee", "STAFF", "sam.lee@clinic.example");
  for (const doctor of doctors) made.doctors[doctor.name] = await api("POST", "/api/doctors/", doctor);
  for (const patient of patients) made.patients[patient.name] = await api("POST", "/api/patients/", patient, made.clerk);
  const mia = made.patients["Mia Chen"];
  for (const name of ["Dr. Ana Ruiz", "Dr. Ingrid Dahl"]) {
    await api("POST", "/api/mappings/", { patient: mia.id, doctor: made.doctors[name].id }, made.clerk);
  }
  await api("PATCH", `/api/patients/${mia.id}/`, { phone_number: "+49 30 555 0188", address: "Lindenstraße 14\n10969 Berlin" }, made.colleague);
  const left = await api("POST", "/api/patients/", { name: "Peter Stein", date_of_birth: "1949-09-14" }, made.clerk);
  await api("DELETE", `/api/patients/${left.id}/`, undefined, made.clerk);
  return made;
}
