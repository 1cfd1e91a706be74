package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// importCommand groups the commands that add and change records from a file.
type importCommand struct {
	Patients importPatientsCommand `cmd:"" help:"Import patients, who match by external_id."`
	Doctors  importDoctorsCommand  `cmd:"" help:"Import doctors, who match by license_number."`
	Mappings importMappingsCommand `cmd:"" help:"Import mappings, which match by the patient's external_id and the doctor's license_number."`
}

// importFlags are the flags of all imports.
type importFlags struct {
	File         string   `arg:"" help:"The file: CSV or NDJSON. - is the standard input."`
	DryRun       bool     `help:"Only print what an import would do with each row."`
	Map          []string `sep:"none" placeholder:"FIELD={COLUMN}" help:"Read a field from these columns, such as 'name={FIRST} {LAST}'. Repeat it for other fields."`
	Value        []string `sep:"none" placeholder:"FIELD:TEXT=VALUE" help:"What a text means in a field, such as 'gender:weiblich=F'. Repeat it for other texts."`
	DateFormat   string   `placeholder:"FORMAT" help:"How dates are written, besides YYYY-MM-DD: such as DD.MM.YYYY or MM/DD/YYYY."`
	DecimalComma bool     `help:"Amounts are written as 1.234,50."`
	Encoding     string   `help:"The encoding of a file without a byte order mark, such as windows-1252. Without it, UTF-8."`
	Batch        int      `placeholder:"N" help:"Commit up to N rows at a time, and leave out refused rows. Without it, all rows are imported together, or none."`
	Refused      string   `placeholder:"FILE" help:"With --batch: the file for refused rows. Without it, FILE.refused.csv beside the file."`
	Force        bool     `help:"Replace the file for refused rows if it exists."`
}

// maxBatch bounds the rows of a batch, which are in memory together.
const maxBatch = 10000

// embeddedPause is the longest time between two attempts of SQLite to begin a write. So requests
// that wait for a batch come before the next one.
const embeddedPause = 100 * time.Millisecond

// check returns why the flags do not fit together, or not to the columns of the records.
func (f importFlags) check(columns []recordfiles.Column) error {
	switch {
	case f.Batch < 0 || f.Batch > maxBatch:
		return fmt.Errorf("--batch: a number from 1 to %d is required", maxBatch)
	case f.Refused != "" && f.Batch == 0:
		return errors.New("--refused needs --batch: without it, a refused row prevents the import")
	case f.Batch > 0 && f.File == "-" && f.Refused == "":
		return errors.New("--batch with the standard input needs --refused")
	}
	return f.options().Check(columns)
}

func (f importFlags) options() recordfiles.Options {
	return recordfiles.Options{Encoding: f.Encoding, DateFormat: f.DateFormat, DecimalComma: f.DecimalComma, Map: f.Map, Values: f.Value}
}

type importPatientsCommand struct {
	importFlags
	As         string `placeholder:"EMAIL" help:"The user who becomes created_by of new patients. Without it, the only active administrator."`
	AddKeyless bool   `help:"Add patients without external_id. Each import adds them again."`
}

// Validate implements the interface of kong.
func (c importPatientsCommand) Validate() error { return c.check(recordfiles.PatientColumns) }

// Run imports patients.
func (c importPatientsCommand) Run(ctx context.Context, p process) error {
	return withImport(ctx, p, c.importFlags, "patients", recordfiles.OpenPatients, func(useCases *application.UseCases, rules application.ImportRules) (importUseCase[domain.PatientInput], application.ImportRules, error) {
		creator, err := findCreator(ctx, useCases.Users, c.As)
		rules.CreatedBy, rules.AddKeyless = creator, c.AddKeyless
		return useCases.Imports.Patients, rules, err
	})
}

type importDoctorsCommand struct{ importFlags }

// Validate implements the interface of kong.
func (c importDoctorsCommand) Validate() error { return c.check(recordfiles.DoctorColumns) }

// Run imports doctors.
func (c importDoctorsCommand) Run(ctx context.Context, p process) error {
	return withImport(ctx, p, c.importFlags, "doctors", recordfiles.OpenDoctors, func(useCases *application.UseCases, rules application.ImportRules) (importUseCase[domain.DoctorInput], application.ImportRules, error) {
		return useCases.Imports.Doctors, rules, nil
	})
}

type importMappingsCommand struct{ importFlags }

// Validate implements the interface of kong.
func (c importMappingsCommand) Validate() error { return c.check(recordfiles.MappingColumns) }

// Run imports mappings.
func (c importMappingsCommand) Run(ctx context.Context, p process) error {
	return withImport(ctx, p, c.importFlags, "mappings", recordfiles.OpenMappings, func(useCases *application.UseCases, rules application.ImportRules) (importUseCase[application.MappingKeys], application.ImportRules, error) {
		return useCases.Imports.Mappings, rules, nil
	})
}

// importUseCase is a use-case that imports rows.
type importUseCase[In any] func(context.Context, domain.Actor, application.ImportRows[In], application.ImportRules, func(application.ImportResult) error) (application.ImportSummary, error)

// prepareImport returns the use-case of an import, and its rules.
type prepareImport[In any] func(*application.UseCases, application.ImportRules) (importUseCase[In], application.ImportRules, error)

// withImport opens the file and imports it.
func withImport[In any](ctx context.Context, p process, flags importFlags, plural string,
	open func(context.Context, io.ReaderAt, recordfiles.Options) (*recordfiles.Reader[In], error), prepare prepareImport[In],
) (err error) {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	began := false
	defer func() {
		if err != nil && ctx.Err() != nil && !began {
			err = fmt.Errorf("nothing was imported: %w", interrupted(ctx, err))
		}
	}()
	source, err := openSource(ctx, p, flags.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.close()) }()
	file, err := open(ctx, source, flags.options())
	if err != nil {
		return err
	}
	refused, err := newRefusedFile(cfg, flags, source, file.Refused)
	if err != nil {
		return err
	}
	complete := false
	defer func() { err = errors.Join(err, refused.close(complete)) }()
	return withOwnTrail(ctx, p, func(useCases *application.UseCases) error {
		rules := application.ImportRules{DryRun: flags.DryRun, Batch: flags.Batch}
		if !cfg.usesPostgres() {
			rules.Pause = embeddedPause
		}
		do, rules, err := prepare(useCases, rules)
		if err != nil {
			return err
		}
		run := importRun{
			process: p, log: cfg.logger(p.err), flags: flags, plural: plural, rows: file.Count, refused: refused,
			progress: newProgress(p.err, file.Count), out: bufio.NewWriter(p.out),
		}
		began = true
		run.describeFile(source.hash, file.Fields, file.Ignored, file.Voided, !cfg.usesPostgres())
		summary, err := do(ctx, operator, watch(file.Rows, source, run.progress), rules, run.report)
		complete = err == nil
		return run.end(ctx, summary, err)
	})
}

// findCreator returns the user who becomes created_by: the one with the address, or the only
// active administrator if it is empty.
func findCreator(ctx context.Context, users *application.Users, email string) (domain.ID, error) {
	if email != "" {
		user, err := findUser(ctx, users, email)
		if err != nil {
			return 0, fmt.Errorf("--as: %w", err)
		}
		return user.ID, nil
	}
	admins, err := users.List(ctx, operator, domain.Parameters{
		"role": domain.Given(string(domain.Admin)), "is_active": domain.Given("true"), "limit": domain.Given("2"),
	})
	switch {
	case err != nil:
		return 0, fmt.Errorf("list users: %w", err)
	case len(admins.Items) == 0:
		return 0, errors.New("there is no active administrator: say with --as EMAIL which user becomes created_by of the patients")
	case len(admins.Items) > 1:
		return 0, errors.New("there are several active administrators: say with --as EMAIL which user becomes created_by of the patients")
	}
	return admins.Items[0].ID, nil
}
