# make without a target prints the targets.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help run demo build test lint judge generate fuzz bench bench-search soak clean \
	postgres lint-format lint-vet lint-golangci lint-generated lint-modules lint-deadcode

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
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build the program and serve with the embedded store
	$(PROGRAM) serve

demo: build ## Build the program and serve made-up records, removed at Ctrl-C
	$(PROGRAM) demo

build: ## Build bin/healthcare
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(PROGRAM) ./cmd/healthcare

# SQLite (C translated to Go) and the search for weak passwords are built without the race
# detector, because it makes them more than ten times slower. (A package that instantiates
# generic code of other packages, such as sync.Map, cannot be excluded.) -race also adds
# checks of unsafe pointers; SQLite's C library consists of such pointers.
RACE := -race -gcflags=github.com/ccojocar/zxcvbn-go/matching=-race=false \
	-gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/memory=-race=false \
	-gcflags=modernc.org/libc=-d=checkptr=0

# These tests do thousands of things one after the other. With the race detector they take
# minutes, and it finds nothing in them: TestConcurrentStore and other tests call the same code
# concurrently. So they run without it, in each package that has one of them.
SEQUENTIAL := TestStore|TestStoreUnprepared|TestPagingWhileRecordsChange|TestEnginesFindTheSameRecords|TestSearchesUseAnIndex|TestBadInputNeverCausesAServerError|TestBadInputOfHistoriesNeverCausesAServerError|TestLongVersionsAreAllShown|TestEveryEndpointByRole|TestALongExportIsReadAndRecordedPageByPage|TestListsAreUnpagedForOldClients|TestAnUnpagedListIsReadAndRecordedPageByPage|TestTheDocumentationPageLoadsNothingFromOtherHosts|TestEveryCallRecordsOneEvent|TestFiveHundredMixedCallsRecordTheirEventsInOrder|TestRandomChangesMatchTheModel|TestAFailedCallMakesNoVersion|TestAnEventNamesAllRecordsThatTheCallerNamed|TestALongTrailIsVerifiedToItsEnd|TestAnExportIsReadAndRecordedPageByPage|TestSearchWordsAndFiltersAreInNoLogEventOrError|TestOddSearchesAndFiltersNeverCauseAServerError|TestAThousandRecordsAreAddedByOneRequest|TestABulkRequestCanBeEightMebibytesLong|TestExportsOverHTTPAreImportedUnchanged|TestWhatIsExportedIsImportedUnchanged|TestAnExportIsImportedUnchanged|TestAnExportMovesAClinicToAnotherStore|TestAnExportHoldsOnePageInMemory|TestAKilledImportLeavesNoHalfOfABatch|TestImportDjangoTakesOverTheOldBackend|TestEachTamperingIsDetected|TestEachTamperingWithVersionsIsDetected|TestAnyEditOfAVersionIsDetected|TestATrailStrippedOfItsEvidenceDoesNotPass|TestNamesakesUseTheirIndex|TestMappingsAreRestoredWithFewStatements|TestAValueThatAFilterCannotReadIsRefused|TestSearchWordsAndFiltersAreNotLoggedWithAFailedStatement|TestARowThatNeverEndsIsRefusedInLittleMemory
SEQUENTIAL_PACKAGES = $$(grep -rlE --include='*_test.go' '^func ($(SEQUENTIAL))\(' . | xargs dirname | sort -u)

# -count=1 is necessary because the test cache does not know that cmd/healthcare builds and
# runs the program. make lint runs vet.
GOTEST = $(call tool,gotestsum) --format=pkgname-and-test-fails -- -count=1 -vet=off -timeout=15m

# ./cmd/healthcare takes longest, so it starts first. Three packages run at once, because
# tests of the program spend much time waiting.
test: postgres ## Run all tests, nearly all under the race detector (TEST_DATABASE_URL: use that PostgreSQL)
	CGO_ENABLED=1 $(GOTEST) $(RACE) -p=3 -skip '^($(SEQUENTIAL))$$' ./cmd/healthcare ./...
	$(GOTEST) -p=3 -run '^($(SEQUENTIAL))$$' $(SEQUENTIAL_PACKAGES)

postgres:
	@.ci/postgres

lint: lint-format lint-vet lint-golangci lint-generated lint-modules lint-deadcode ## Check the code and the generated files

lint-format:
	@echo "gofumpt: every file is formatted"
	@$(call tool,gofumpt) -d . | (! grep .)

lint-vet:
	go vet ./...

lint-golangci:
	$(call tool,golangci-lint) run

lint-generated:
	@echo "wire_gen.go and the client are up to date with make generate"
	@$(WIRE) diff ./cmd/healthcare
	@$(OAPI) ../openapi.yaml | diff client.gen.go -

lint-modules:
	go mod tidy -diff
	go -C tools mod tidy -diff

lint-deadcode:
	@echo "deadcode: the program or a test reaches every function"
	@$(call tool,deadcode) -test ./... | (! grep .)

judge: ## Check openapi.yaml and the service with tools from npm (needs Node.js 20)
	@tools/judge/run

generate: ## Generate wire_gen.go and the Go client
	$(WIRE) gen ./cmd/healthcare
	$(OAPI) -o client.gen.go ../openapi.yaml

fuzz: ## Run each fuzz test for FUZZTIME
	@.ci/fuzz $(FUZZTIME)

bench: ## Run all benchmarks
	go test -run '^$$' -bench . -benchmem ./...

bench-search: ## Measure searches in a million patients on both engines (about half an hour)
	go test -run '^$$' -bench BenchmarkSearch -benchtime 20x -timeout 3h -v ./adapters/sqlstore -patients 1000000

soak: postgres ## Run a mixed load with faults on both engines for SOAKTIME
	go test -run '^TestSoak$$' -count=1 -timeout 3h -v ./cmd/healthcare -soak $(SOAKTIME)

clean: ## Remove the built program
	rm -rf bin
