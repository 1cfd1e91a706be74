# make without a target prints the targets.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help run demo build release check-release test test-postgres-versions check-deploy lint judge test-browser generate fuzz \
	bench bench-growth bench-go bench-search soak clean postgres wrk chromium \
	lint-format lint-vet lint-golangci lint-generated lint-modules lint-deadcode lint-alerts

# Without cgo, the program is one file that needs no other file, not even libc. The race
# detector needs it; everything else shares one build of the dependencies.
export CGO_ENABLED := 0

PROGRAM  := bin/healthcare
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FUZZTIME := 60s
SOAKTIME := 10m

# The build tools are pinned in tools/go.mod. Go builds them when they are first used and
# caches them.
#
# "go tool NAME" exits with 0 if a signal ends the tool, and a check that was killed would
# pass. So "go tool -n" only builds the tool and prints its path.
tool    = "$$(go tool -modfile=$(CURDIR)/tools/go.mod -n $(1))"
WIRE    = "$$(go tool -n wire)"
CLIENT := adapters/httpapi/client
OAPI    = cd $(CLIENT) && $(call tool,oapi-codegen) -config config.yaml

help: ## Print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-23s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build the program and serve with the embedded store
	$(PROGRAM) serve

demo: build ## Build the program and serve made-up records, removed at Ctrl-C
	$(PROGRAM) demo

build: ## Build bin/healthcare
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o $(PROGRAM) ./cmd/healthcare

release: ## Build the archives of the last commit for Linux and macOS, with checksums, in dist
	@rm -rf dist
	@tools/release dist

check-release: ## Build a release twice, in two folders with empty caches, and compare the bytes (some minutes)
	@tools/checkrelease

# SQLite (C translated to Go) is built without the race detector, because it makes it more
# than ten times slower. (A package that instantiates generic code of other packages, such as
# sync.Map, cannot be excluded.) -race also adds checks of unsafe pointers; SQLite's C library
# consists of such pointers.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/memory=-race=false \
	-gcflags=modernc.org/libc=-d=checkptr=0

# These tests do thousands of things one after the other. With the race detector they take
# minutes, and it finds nothing in them: TestConcurrentStore and other tests call the same code
# concurrently. So they run without it, in each package that has one of them.
SEQUENTIAL := TestStore|TestStoreUnprepared|TestPagingWhileRecordsChange|TestEnginesFindTheSameRecords|TestSearchesUseAnIndex|TestBadInputNeverCausesAServerError|TestBadInputOfHistoriesNeverCausesAServerError|TestLongVersionsAreAllShown|TestEveryEndpointByRole|TestALongExportIsReadAndRecordedPageByPage|TestListsAreUnpagedForOldClients|TestAnUnpagedListIsReadAndRecordedPageByPage|TestTheDocumentationPageLoadsNothingFromOtherHosts|TestEveryCallRecordsOneEvent|TestFiveHundredMixedCallsRecordTheirEventsInOrder|TestRandomChangesMatchTheModel|TestAFailedCallMakesNoVersion|TestAnEventNamesAllRecordsThatTheCallerNamed|TestALongTrailIsVerifiedToItsEnd|TestAnExportIsReadAndRecordedPageByPage|TestSearchWordsAndFiltersAreInNoLogEventOrError|TestOddSearchesAndFiltersNeverCauseAServerError|TestAThousandRecordsAreAddedByOneRequest|TestABulkRequestCanBeEightMebibytesLong|TestExportsOverHTTPAreImportedUnchanged|TestWhatIsExportedIsImportedUnchanged|TestAnExportIsImportedUnchanged|TestAnExportMovesAClinicToAnotherStore|TestAnExportHoldsOnePageInMemory|TestAKilledImportLeavesNoHalfOfABatch|TestImportDjangoTakesOverTheOldBackend|TestEachTamperingIsDetected|TestEachTamperingWithVersionsIsDetected|TestAnyEditOfAVersionIsDetected|TestATrailStrippedOfItsEvidenceDoesNotPass|TestNamesakesUseTheirIndex|TestMappingsAreRestoredWithFewStatements|TestAValueThatAFilterCannotReadIsRefused|TestSearchWordsAndFiltersAreNotLoggedWithAFailedStatement|TestARowThatNeverEndsIsRefusedInLittleMemory|TestManyTokensNeedLittleMemory|TestStoredScriptsStayText|TestEachVisitorGetsOnlyTheirPages|TestNoPageCanBeFramedOrRunForeignScripts|TestNoContentAndNoSearchWordIsInAnAddressOrInTheLog|TestAnUnknownMethodIsRefusedAndChangesNothing|TestAFormThatCannotBeReadIsRefusedAndChangesNothing|TestTemporaryPasswordsAreGood|FuzzForms
SEQUENTIAL_PACKAGES = $$(grep -rlE --include='*_test.go' '^func ($(SEQUENTIAL))\(' . | xargs dirname | sort -u)

# -count=1 is necessary because the test cache does not know that cmd/healthcare builds and
# runs the program. make lint runs vet.
GOTEST = $(call tool,gotestsum) --format=pkgname-and-test-fails -- -count=1 -vet=off -timeout=15m

# ./cmd/healthcare takes longest, so it starts first. Three packages run at once, because
# tests of the program spend much time waiting.
test: postgres ## Run all tests, nearly all under the race detector (TEST_DATABASE_URL: use that PostgreSQL)
	CGO_ENABLED=1 $(GOTEST) $(RACE) -p=3 -skip '^($(SEQUENTIAL))$$' ./cmd/healthcare ./...
	$(GOTEST) -p=3 -run '^($(SEQUENTIAL))$$' $(SEQUENTIAL_PACKAGES)
	go -C tools/bench test .

# It takes some minutes for each version.
test-postgres-versions: postgres ## Run the tests of PostgreSQL on other major versions, from npm, and the contract tests behind pgbouncer
	@.ci/postgres-versions

check-deploy: ## Check the Dockerfile and compose.yaml with Docker's libraries (make test checks the rest of deploy)
	cd deploy/check && go test -count=1 ./...

postgres:
	@.ci/postgres

lint: lint-format lint-vet lint-golangci lint-generated lint-modules lint-deadcode lint-alerts ## Check the code, the generated files and the alerts

lint-format:
	@echo "gofumpt: every file is formatted"
	@$(call tool,gofumpt) -d . | (! grep .)

# PocketBase, in tools/bench/pocketbase, is not compiled: it takes minutes, and make bench does it.
lint-vet:
	go vet ./...
	go -C tools/bench vet ./...

lint-golangci:
	$(call tool,golangci-lint) run
	cd tools/bench && $(call tool,golangci-lint) run

lint-generated:
	@echo "wire_gen.go and the client are up to date with make generate"
	@$(WIRE) diff ./cmd/healthcare
	@$(OAPI) ../openapi.yaml | diff client.gen.go -

lint-modules:
	go mod tidy -diff
	go -C tools mod tidy -diff
	go -C deploy/check mod tidy -diff
	go -C tools/bench mod tidy -diff
	go -C tools/bench/pocketbase mod tidy -diff

lint-deadcode:
	@echo "deadcode: the program or a test reaches every function"
	@$(call tool,deadcode) -test ./... | (! grep .)

lint-alerts:
	@promtool=$$(.ci/promtool); \
	if [ -z "$$promtool" ]; then echo "The alerts are not checked."; exit 0; fi; \
	"$$promtool" check config deploy/prometheus/prometheus.yml && "$$promtool" test rules deploy/prometheus/alerts_test.yml

judge: ## Check openapi.yaml and the service with tools from npm (needs Node.js 20)
	@tools/judge/run

test-browser: chromium ## Test the console in Chromium (needs Node.js 20; SCREENSHOTS=1 makes the pictures of docs/console again)
	@tools/browser/run

chromium:
	@.ci/chromium

generate: ## Generate wire_gen.go and the Go client
	$(WIRE) gen ./cmd/healthcare
	$(OAPI) -o client.gen.go ../openapi.yaml

fuzz: ## Run each fuzz test for FUZZTIME
	@.ci/fuzz $(FUZZTIME)

bench: postgres wrk ## Compare with PocketBase and a bare server (under ten minutes); flags in BENCH_FLAGS
	go -C tools/bench run . $(BENCH_FLAGS)

bench-growth: postgres wrk ## Measure with 1,000, 100,000 and a million patients (hours); flags in BENCH_FLAGS
	go -C tools/bench run . -growth $(BENCH_FLAGS)

wrk:
	@.ci/wrk

bench-go: ## Run the benchmarks of the packages
	go test -run '^$$' -bench . -benchmem ./...

bench-search: ## Measure searches in a million patients on both engines (about half an hour)
	go test -run '^$$' -bench BenchmarkSearch -benchtime 20x -timeout 3h -v ./adapters/sqlstore -patients 1000000

soak: postgres ## Run a mixed load with faults on both engines for SOAKTIME
	go test -run '^TestSoak$$' -count=1 -timeout 3h -v ./cmd/healthcare -soak $(SOAKTIME)

clean: ## Remove the built programs
	rm -rf bin dist
