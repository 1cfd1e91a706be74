package sqlstore_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// benchPatients is how many patients the benchmark searches in. "make bench-search" sets a
// million.
var benchPatients = flag.Int("patients", 20_000, "the number of patients for BenchmarkSearch")

var (
	firstNames = strings.Fields(`James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard
		Susan Joseph Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Sandra Mark Ashley Steven Kimberly
		Andrew Emily Paul Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Melissa George Deborah Timothy Stephanie Søren
		Łukasz Jürgen Zoë François Iñigo Ágnes Nguyễn Müjgan Åsa Jean-Luc Anna-Lena Fatima Mohammed Aisha Omar Priya Rahul`)
	syllables = strings.Fields(`ba be bo bra bri car den der don er es fer fo gar gen gre ham han har hil hol in jan jo ka ken kin la
		lan le len lin lo ma man mar mer mi mo na ne nor o pa per pe ra ren ri ro sa san sch sen ser shi sin smi so ston ta ten
		ter th ton tra u va ver wa wal wel wil win wo wri ya zi`)
	chinese = []rune("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严")
)

// benchName returns a name whose parts are about as frequent as in a clinic.
func benchName(random *rand.Rand) string {
	if random.IntN(50) == 0 {
		return string([]rune{chinese[random.IntN(20)], chinese[random.IntN(len(chinese))], chinese[random.IntN(len(chinese))]})
	}
	var last strings.Builder
	family := rand.New(rand.NewPCG(uint64(random.ExpFloat64()*2000), 1)) // Some families are large.
	for range 2 + family.IntN(3) {
		last.WriteString(syllables[family.IntN(len(syllables))])
	}
	return firstNames[random.IntN(len(firstNames))] + " " + strings.ToUpper(last.String()[:1]) + last.String()[1:]
}

// BenchmarkSearch searches in a store that was filled by an earlier program and migrated. It
// measures use-cases, with their audit events. The metric reads is the time of a search as a
// multiple of the time of one read by ID.
func BenchmarkSearch(b *testing.B) {
	for name, engine := range oldEngines(b) {
		b.Run(name, func(b *testing.B) {
			_, err := engine.provider.UpTo(b.Context(), beforeFolding)
			require.NoError(b, err)
			_, err = engine.db.ExecContext(b.Context(), `INSERT INTO users (email, password_hash, first_name, last_name, phone_number, role, created_at)
				VALUES ('a@b.example', '', '', '', '', 'STAFF', $1)`, engine.at(now))
			require.NoError(b, err)
			random := rand.New(rand.NewPCG(1, 2))
			var last string
			for from := 0; from < *benchPatients; from += 1000 {
				rows := make([]string, 1000)
				for i := range rows {
					last = benchName(random)
					rows[i] = fmt.Sprintf(`(1, '%s', '%d-%02d-%02d', '+44 %02d %03d %04d', '%s@%s.example', 'MRN%07d', 'Main Street %d', '')`,
						last, 1925+random.IntN(100), 1+random.IntN(12), 1+random.IntN(28), random.IntN(100), random.IntN(1000), random.IntN(10000),
						strings.ReplaceAll(domain.Fold(last), " ", "."), []string{"mail", "clinic"}[random.IntN(2)], from+i, random.IntN(500))
				}
				_, err := engine.db.ExecContext(b.Context(), `INSERT INTO patients
					(created_by, name, date_of_birth, phone_number, email, external_id, address, medical_record) VALUES `+strings.Join(rows, ", "))
				require.NoError(b, err)
			}
			begun := time.Now()
			_, err = engine.migrate()
			require.NoError(b, err)
			b.Logf("%d patients were migrated in %v", *benchPatients, time.Since(begun))
			store, err := engine.open()
			closing(b, store, err)
			clinic := clinictest.New(b, func(p *application.Ports, _ *application.Rules) { p.Store = store })
			staff := clinic.Staff()
			var patient domain.PatientView
			var oneRead time.Duration
			b.Run("read by id", func(b *testing.B) {
				for b.Loop() {
					patient, err = clinic.Patients.Get(b.Context(), staff, domain.ID(*benchPatients-1), nil)
					require.NoError(b, err)
				}
				oneRead = b.Elapsed() / time.Duration(b.N)
			})
			for _, search := range []struct{ name, words string }{
				{"full name", patient.Name.String()},
				{"last name", strings.Fields(patient.Name.String() + " " + patient.Name.String())[1]},
				{"birth date and name", patient.DateOfBirth.String() + " " + strings.Fields(patient.Name.String())[0]},
				{"end of a phone number", patient.Phone.Digits()[4:]},
				{"external id", patient.ExternalID.String()},
				{"Chinese family name", "王"},
				{"nothing found", "Qzxvy"},
				{"nothing found, two letters", "qx"},
				{"part of many names", "an"},
				{"common letter", "a"},
				{"part of every address", "example"},
			} {
				for _, ordering := range []string{"id", "name"} {
					b.Run(search.name+" by "+ordering, func(b *testing.B) {
						var page application.Page[domain.PatientView]
						for b.Loop() {
							page, err = clinic.Patients.List(b.Context(), staff, domain.Parameters{"search": domain.Given(search.words), "ordering": domain.Given(ordering)})
							require.NoError(b, err)
						}
						b.ReportMetric(float64(len(page.Items)), "found")
						b.ReportMetric(float64(b.Elapsed()/time.Duration(b.N))/float64(oneRead), "reads")
					})
				}
			}
			for _, letter := range []string{"a", "smi"} {
				b.Run("count of "+letter, func(b *testing.B) {
					for b.Loop() {
						_, err = store.Count(b.Context(), "patients", parseSearch(b, letter))
						require.NoError(b, err)
					}
				})
			}
		})
	}
}
