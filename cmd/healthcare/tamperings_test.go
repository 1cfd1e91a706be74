package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// kind is a way to tamper with a trail. tamper returns the beginning of the expected fault.
type kind struct {
	name   string
	tamper func(*keptTrail) (want string)
}

var kinds = slices.Concat(
	[]kind{
		{"edit at", func(k *keptTrail) string { return k.editEvent("at") }},
		{"edit actor_id", func(k *keptTrail) string { return k.editEvent("actor_id") }},
		{"edit subject", func(k *keptTrail) string { return k.editEvent("subject") }},
		{"edit evidence", func(k *keptTrail) string { return k.editEvent("evidence") }},
		{"edit id", func(k *keptTrail) string {
			e := k.anyEvent()
			k.set("audit_events", "id", "id", e.id, k.beyond())
			return removed(e.id)
		}},
		{"write the subject in another format", func(k *keptTrail) string {
			e := k.anyEvent()
			subject := text(k.value("audit_events", "subject", "id", e.id))
			record, id, _ := strings.Cut(subject, ":")
			k.set("audit_events", "subject", "id", e.id, record+":0"+id)
			return changed(e.id)
		}},
		{"write the data in another format", func(k *keptTrail) string {
			e := k.anyEvent()
			data := text(k.value("audit_events", "data", "id", e.id))
			k.set("audit_events", "data", "id", e.id, strings.Replace(data, `"outcome"`, `"Outcome"`, 1))
			return changed(e.id)
		}},
		{"swap two events", func(k *keptTrail) string { return k.swapEvents("at", "actor_id", "subject", "evidence", "data") }},
		{"swap two events but not their evidence", func(k *keptTrail) string { return k.swapEvents("at", "actor_id", "subject", "data") }},
		{"delete an event", func(k *keptTrail) string {
			e := k.anyEvent()
			k.execute("DELETE FROM audit_events WHERE id = $1", e.id)
			return removed(e.id)
		}},
		{"delete several events", func(k *keptTrail) string {
			at := k.random.IntN(len(k.events) - 20)
			k.execute("DELETE FROM audit_events WHERE id BETWEEN $1 AND $2", k.events[at].id, k.events[at+k.random.IntN(20)].id)
			return removed(k.events[at].id)
		}},
		{"delete all events from one on", func(k *keptTrail) string {
			e := k.anyEvent()
			k.execute("DELETE FROM audit_events WHERE id >= $1", e.id)
			return removed(e.id)
		}},
	},
	membersOfData("role", "session", "address", "request_id", "action", "outcome", "shown", "about", "form", "commitments"),
	[]kind{
		{"insert an event at the end, with the evidence of another", func(k *keptTrail) string { return k.insertEvent(k.beyond(), "evidence") }},
		{"insert an event at the end, with invented evidence", func(k *keptTrail) string { return k.insertEvent(k.beyond(), "$3") }},
		{"insert an event at the end, without evidence", func(k *keptTrail) string { return k.insertEvent(k.beyond(), "substr(evidence, 1, 0)") }},
		{"insert an event in a gap", func(k *keptTrail) string { return k.insertEvent(k.gap(), "evidence") }},
		{"insert an event in a gap, with invented evidence", func(k *keptTrail) string { return k.insertEvent(k.gap(), "$3") }},
		{"edit a seal's number", func(k *keptTrail) string {
			seal := k.anySeal()
			k.set("audit_seals", "number", "number", seal, seal+100)
			return fmt.Sprintf("seal %d was removed", seal)
		}},
		{"edit a seal's time", func(k *keptTrail) string { return k.editSeal("at") }},
		{"edit the last event of a seal", func(k *keptTrail) string { return k.editSeal("through") }},
		{"edit a seal's events", func(k *keptTrail) string { return k.editSeal("events") }},
		{"add to a seal's events", func(k *keptTrail) string { return k.appendToSeal("events") }},
		{"edit a seal's missing events", func(k *keptTrail) string { return k.appendToSeal("missing") }},
		{"edit a seal's digest", func(k *keptTrail) string { return k.editSeal("digest") }},
		{"edit a seal's MAC", func(k *keptTrail) string { return k.editSeal("mac") }},
		{"delete a seal", func(k *keptTrail) string {
			seal := k.seals[k.random.IntN(len(k.seals)-1)]
			k.execute("DELETE FROM audit_seals WHERE number = $1", seal)
			return fmt.Sprintf("seal %d was removed", seal)
		}},
		{"swap two seals", func(k *keptTrail) string {
			one, other := k.two(len(k.seals))
			k.swap("audit_seals", "number", k.seals[one], k.seals[other], "at", "through", "events", "missing", "digest", "mac")
			return ""
		}},
		{"repeat the last seal", func(k *keptTrail) string {
			last := k.seals[len(k.seals)-1]
			k.execute("INSERT INTO audit_seals SELECT number + 1, at, through, events, missing, digest, mac FROM audit_seals WHERE number = $1", last)
			return ""
		}},
		{"delete the last seals", func(k *keptTrail) string {
			k.cutSeals()
			return k.headMissing()
		}},
		{"delete the last seals and their events", func(k *keptTrail) string {
			k.cutSeals()
			k.execute("DELETE FROM audit_events WHERE id > (SELECT max(through) FROM audit_seals)")
			return k.headMissing()
		}},
		{"delete a mention", func(k *keptTrail) string {
			k.execute("DELETE FROM audit_about WHERE record = $1 AND event_id = $2", k.anyMention()...)
			return mentionsChanged
		}},
		{"write a mention in another format", func(k *keptTrail) string {
			k.execute("UPDATE audit_about SET record = replace(replace(record, ':', ':0'), '/', '/0') WHERE record = $1 AND event_id = $2", k.anyMention()...)
			return mentionsChanged
		}},
		{"move a mention to another record", func(k *keptTrail) string {
			k.execute("UPDATE audit_about SET record = record || '00' WHERE record = $1 AND event_id = $2", k.anyMention()...)
			return mentionsChanged
		}},
		{"insert a mention of an event that is not about the record", func(k *keptTrail) string {
			k.execute("INSERT INTO audit_about (record, event_id) VALUES ('patient:999', $1)", k.anyEvent().id)
			return mentionsChanged
		}},
		{"edit the record in a version", func(k *keptTrail) string {
			v := k.anyVersion()
			k.execute("UPDATE versions SET record = replace(record, 'Ada', 'Eve'), role = 'OPERATOR' WHERE kind = $1 AND record_id = $2 AND number = $3", v...)
			return fmt.Sprintf("version %d of %s %d was changed", v[2], v[0], v[1])
		}},
		{"delete the salt of a version", func(k *keptTrail) string {
			v := k.anyVersion()
			k.execute("UPDATE versions SET salt = NULL WHERE kind = $1 AND record_id = $2 AND number = $3", v...)
			return fmt.Sprintf("version %d of %s %d was changed", v[2], v[0], v[1])
		}},
		{"delete a version", func(k *keptTrail) string {
			v := k.anyVersion()
			k.execute("DELETE FROM versions WHERE kind = $1 AND record_id = $2 AND number = $3", v...)
			return fmt.Sprintf("version %d of %s %d was removed", v[2], v[0], v[1])
		}},
		{"delete everything", func(k *keptTrail) string {
			k.execute("DELETE FROM audit_events")
			k.execute("DELETE FROM audit_seals")
			return k.headMissing()
		}},
	})

const mentionsChanged = "the table audit_about, which leads from records to events, was changed"

// anyMention returns a random row of audit_about.
func (k *keptTrail) anyMention() []any {
	var mentions [][]any
	k.each("SELECT record, event_id FROM audit_about ORDER BY record, event_id", func(scan func(...any) error) error {
		var record string
		var id int64
		err := scan(&record, &id)
		mentions = append(mentions, []any{record, id})
		return err
	})
	return mentions[k.random.IntN(len(mentions))]
}

// anyVersion returns the key of a random row of versions.
func (k *keptTrail) anyVersion() []any {
	var versions [][]any
	k.each("SELECT kind, record_id, number FROM versions ORDER BY kind, record_id, number", func(scan func(...any) error) error {
		var kind string
		var id, number int64
		err := scan(&kind, &id, &number)
		versions = append(versions, []any{kind, id, number})
		return err
	})
	return versions[k.random.IntN(len(versions))]
}

func changed(id int64) string { return fmt.Sprintf("event %d was changed", id) }

func removed(id int64) string { return fmt.Sprintf("event %d was removed", id) }

func (k *keptTrail) anyEvent() event { return k.events[k.random.IntN(len(k.events))] }

func (k *keptTrail) anySeal() int64 { return k.seals[k.random.IntN(len(k.seals))] }

// two returns two numbers below n, the smaller one first.
func (k *keptTrail) two(n int) (int, int) {
	lesser := k.random.IntN(n - 1)
	return lesser, lesser + 1 + k.random.IntN(n-1-lesser)
}

// beyond returns an ID that is larger than all others.
func (k *keptTrail) beyond() int64 {
	return k.events[len(k.events)-1].id + 1000 + k.random.Int64N(1000)
}

// gap returns an unused ID between others or, if there is none, before all of them.
func (k *keptTrail) gap() int64 {
	if len(k.gaps) == 0 {
		return -k.random.Int64N(10)
	}
	return k.gaps[k.random.IntN(len(k.gaps))]
}

func (k *keptTrail) editEvent(column string) string {
	e := k.anyEvent()
	k.set("audit_events", column, "id", e.id, k.other(k.value("audit_events", column, "id", e.id)))
	return changed(e.id)
}

func (k *keptTrail) editSeal(column string) string {
	seal := k.anySeal()
	k.set("audit_seals", column, "number", seal, k.other(k.value("audit_seals", column, "number", seal)))
	return "" // Some edits make a seal name events that never existed.
}

func (k *keptTrail) appendToSeal(column string) string {
	seal := k.anySeal()
	k.set("audit_seals", column, "number", seal, append(k.value("audit_seals", column, "number", seal).([]byte), byte(k.random.IntN(256))))
	return fmt.Sprintf("seal %d was changed", seal)
}

// other returns a different value of the same type.
func (k *keptTrail) other(value any) any {
	switch value := value.(type) {
	case nil:
		return 1 + k.random.Int64N(9)
	case int64:
		return value + 1 + k.random.Int64N(1000)
	case float64:
		return value + 1
	case time.Time:
		return value.Add(time.Microsecond * time.Duration(1+k.random.Int64N(1e9)))
	case string:
		at := k.random.IntN(len(value) + 1)
		return value[:at] + "1" + value[at:]
	case []byte:
		flipped := slices.Clone(value)
		flipped[k.random.IntN(len(flipped))] ^= 1 << k.random.IntN(8)
		return flipped
	}
	require.Failf(k.t, "no other value", "of %T", value)
	return nil
}

func (k *keptTrail) swapEvents(columns ...string) string {
	one, other := k.two(len(k.events))
	k.swap("audit_events", "id", k.events[one].id, k.events[other].id, columns...)
	return changed(k.events[one].id)
}

func (k *keptTrail) swap(table, key string, one, other int64, columns ...string) {
	for _, column := range columns {
		first, second := k.value(table, column, key, one), k.value(table, column, key, other)
		k.set(table, column, key, one, second)
		k.set(table, column, key, other, first)
	}
}

// insertEvent adds a copy of an event under an ID. evidence is an SQL expression.
func (k *keptTrail) insertEvent(id int64, evidence string) string {
	args := []any{id, k.anyEvent().id}
	if evidence == "$3" {
		invented := make([]byte, 48)
		for i := range invented {
			invented[i] = byte(k.random.IntN(256))
		}
		args = append(args, invented)
	}
	k.execute("INSERT INTO audit_events (id, at, actor_id, subject, evidence, data) SELECT CAST($1 AS bigint), at, actor_id, subject, "+
		evidence+", data FROM audit_events WHERE id = $2", args...)
	return fmt.Sprintf("event %d was inserted", id)
}

func (k *keptTrail) cutSeals() {
	k.execute("DELETE FROM audit_seals WHERE number > $1", k.seals[k.random.IntN(len(k.seals)-1)])
}

func (k *keptTrail) headMissing() string {
	return fmt.Sprintf("the trail ends before seal %d", k.seals[len(k.seals)-1])
}

// membersOfData are the kinds that edit, remove or add one member of data.
func membersOfData(members ...string) (kinds []kind) {
	for _, member := range members {
		kinds = append(kinds,
			kind{"edit " + member, func(k *keptTrail) string {
				return k.editData(member, true, func(data map[string]any) { data[member] = k.other(data[member]) })
			}},
			kind{"remove " + member, func(k *keptTrail) string {
				return k.editData(member, true, func(data map[string]any) { delete(data, member) })
			}})
	}
	for member, value := range map[string]any{"role": "ADMIN", "session": 3, "shown": "", "version": 2, "about": "patient:1"} {
		kinds = append(kinds, kind{"add " + member, func(k *keptTrail) string {
			return k.editData(member, false, func(data map[string]any) { data[member] = value })
		}})
	}
	return kinds
}

// editData edits the data of a random event that has the member or, if has is false, lacks it.
func (k *keptTrail) editData(member string, has bool, edit func(map[string]any)) string {
	candidates := slices.DeleteFunc(slices.Clone(k.events), func(e event) bool {
		_, found := e.data[member]
		return found != has
	})
	require.NotEmpty(k.t, candidates, member)
	e := candidates[k.random.IntN(len(candidates))]
	data := maps.Clone(e.data)
	edit(data)
	written, err := json.Marshal(data)
	require.NoError(k.t, err)
	k.set("audit_events", "data", "id", e.id, string(written))
	return changed(e.id)
}

func text(value any) string {
	if bytes, ok := value.([]byte); ok {
		return string(bytes)
	}
	return value.(string)
}
